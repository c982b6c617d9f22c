"""The one error that every function can raise before it does anything."""


class SettingsError(Exception):
    """A function's environment variables or its event are wrong; the message lists every problem."""
