"""Asynchronous invocation and the pipe in front of it, by the contract of AWS's; start at runner.py."""
