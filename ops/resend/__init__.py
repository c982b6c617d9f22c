"""Sends failed analyses again, by the resend numbers that the function `scilearn` checks; start at run.py."""
