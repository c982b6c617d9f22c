"""Which texts are sequence numbers of a feed."""

from typing import TypeGuard

MOST_DIGITS = 130
"""DynamoDB Streams: 21 to 40; Kinesis: up to 129 (API references of StreamRecord and Record)."""


def is_sequence_number(value: object) -> TypeGuard[str]:
    """True for digits only: whatever is reported and compared as an integer must be one."""
    return isinstance(value, str) and value.isdigit() and value.isascii() and len(value) <= MOST_DIGITS
