"""What every function in this folder stands on: clients, signing, logs, environment."""
