"""What goes wrong around a stack, in one place for every command: what was seen, why, and what to do about it."""
