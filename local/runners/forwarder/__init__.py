"""Stands in for a table's Kinesis streaming destination; start at forwarder.py."""
