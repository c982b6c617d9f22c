"""One command a file: `add_arguments(parser)` and `run(options)`, which gives the exit code."""
