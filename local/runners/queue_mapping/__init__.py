"""Runs Lambda's event source mappings of SQS queues, by AWS's contract; start at runner.py."""
