"""What a step is as a process: its signals, its output, its threads, its end, and those it starts."""
