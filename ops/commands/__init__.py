"""One command a file: `add_arguments(parser)` and `run(options)`, which gives the exit code.

`ops.__main__` finds them by itself. A module's docstring is its help: a summary line, more if needed, and at its end
a paragraph that begins with `Example: `.
"""
