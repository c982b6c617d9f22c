"""Reads DynamoDB and Kinesis streams by their public APIs; start at reader.py."""
