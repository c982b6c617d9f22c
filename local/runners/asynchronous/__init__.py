"""Runs asynchronous invocation and the pipe in front of it, by AWS's contract; start at runner.py."""
