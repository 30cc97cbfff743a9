"""The parameters of the entry points: declared, read from a command line, and written to one."""
