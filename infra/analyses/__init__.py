"""Analyses on request."""
