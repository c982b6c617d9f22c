"""The demo: a real day of flights through the whole pipeline, and the proof at its end."""
