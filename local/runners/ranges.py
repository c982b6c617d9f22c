"""Refuses what AWS refuses, so that a wrong setting fails here and not first in the cloud."""


def check_ranges(settings: object, owner: str, **ranges: tuple[float, float]) -> None:
    """Raises ValueError for a setting outside of its range (lowest and highest, both included)."""
    for name, (lowest, highest) in ranges.items():
        value = getattr(settings, name)
        if not lowest <= value <= highest:
            raise ValueError(f"{name} of {owner} is {value}: it must be {lowest} to {highest}")
