"""The one command line layer: what `python -m local`, `python -m ops` and every command to come do at their edges.

A command is a file with `add_arguments(parser)` and `run(options)`. All else is here, once: how it is found, helped,
interrupted, cut off, and how it says what it waits for, what is wrong and where. Built on argparse: docs/commands.md
has the rules, the package's files the reasons.
"""
