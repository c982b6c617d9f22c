"""The command `driftless`, which `make install` puts into the virtual environment: every command, from any folder."""
