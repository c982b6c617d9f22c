"""Numbers the generated items of a measurement."""


def identifier(number: int) -> str:
    """Makes an item's id from its number."""
    return f"flight-{number:09}"


def number_of(identifier: str) -> int:
    """Reads the number back out of an id."""
    return int(identifier[7:])
