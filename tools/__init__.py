"""Commands for whoever maintains the project: nothing of it is deployed, and no other package imports it."""
