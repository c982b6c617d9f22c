"""From a feed's record to a change."""
