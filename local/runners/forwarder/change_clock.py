"""Gives each change a unique microsecond, from its stream record alone, never from the clock."""

from dataclasses import dataclass

_MILLISECOND_DIGITS = 20
_TOLERANCE_SECONDS = 2


@dataclass(kw_only=True)
class ChangeClock:
    """Strictly rising epoch microseconds in the order of one shard's records.

    The emulator's sequence numbers are a counter and then 20 digits of epoch milliseconds (`ministack_additions`): the
    result is the millisecond, plus the counter's last three digits as microseconds. Where that wouldn't rise (the
    counter passes a thousand within a millisecond, or the emulator's clock steps back), it is one more than before.
    Reading again from the start gives the same numbers; reading from the middle too, from the next millisecond on.
    For other sequence numbers the creation time's whole seconds are all there is.
    """

    _last: int = 0

    def microseconds(self, sequence_number: str, creation_seconds: int) -> int:
        """Returns the next record's time."""
        self._last = max(_from_record(sequence_number, creation_seconds), self._last + 1)
        return self._last


def _from_record(sequence_number: str, creation_seconds: int) -> int:
    counter, milliseconds = sequence_number[:-_MILLISECOND_DIGITS], int(sequence_number[-_MILLISECOND_DIGITS:])
    if counter and abs(milliseconds // 1000 - creation_seconds) <= _TOLERANCE_SECONDS:
        return milliseconds * 1000 + int(counter[-3:])
    return creation_seconds * 1_000_000
