"""What a person sees of a study: the last words on the terminal, the page, the files beside it."""
