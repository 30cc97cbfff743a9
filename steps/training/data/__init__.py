"""From a name, a path or a URI to rows that are split and laid out."""
