"""One command a file: `add_arguments(parser)` and `run(options)`, which returns the exit code."""
