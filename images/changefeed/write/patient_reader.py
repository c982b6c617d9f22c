"""Reads items for a command that needs all of them: a throttled table is asked until it has given each."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from changefeed.decode.change_record import AttributeMap
from changefeed.errors import Found, ItemReadError
from changefeed.write.item_reader import ItemReader, SecondsLeft

FRUITLESS_ATTEMPTS = 8
FIRST_BACKOFF_SECONDS = 0.05
LONGEST_BACKOFF_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class PatientReader:
    """An `ItemReader` that waits and asks for the rest, as long as something comes now and then."""

    read: ItemReader
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, keys: Mapping[str, AttributeMap], seconds_left: SecondsLeft = lambda: 1.0) -> Found:
        """Reads all. Raises ItemReadError when eight requests in a row brought nothing, or the time is over."""
        found: Found = {}
        fruitless = 0
        while True:
            try:
                return found | self.read({one: key for one, key in keys.items() if one not in found}, seconds_left)
            except ItemReadError as error:
                found |= error.found
                fruitless = 0 if error.found else fruitless + 1
                if fruitless == FRUITLESS_ATTEMPTS or seconds_left() <= 0:
                    raise ItemReadError(str(error), found) from error
            self.sleep(min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2**fruitless))
