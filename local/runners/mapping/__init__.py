"""Runs event source mappings by the contract of AWS's pollers; start at runner.py."""
