"""What every function stands on: its environment, clients, signing, logs and API errors. It imports none of them."""
