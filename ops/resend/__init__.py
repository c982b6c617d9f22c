"""Redrive of analyses: failed requests are sent again by the resend protocol of `scilearn`; start at run.py."""
