"""One command a file: `add_arguments(parser)` and `run(options)`, which returns the exit code.

`cli.program` finds every file here. A module's docstring is its help: a summary line, more if needed, and at its end
a paragraph that begins with `Example: `.
"""
