"""Shares what measurements do alike: parse arguments, say how far they are, leave a result."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def parser(module: str, doc: str | None) -> argparse.ArgumentParser:
    """Makes the parser of `python -m bench.MODULE`, whose docstring is its help."""
    return argparse.ArgumentParser(
        prog=f"python -m bench.{module}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def say(text: str) -> None:
    """Writes a line on standard error, for whoever waits."""
    sys.stderr.write(text + "\n")


def leave(result: Mapping[str, Any], *, ok: bool, file: Path | None = None) -> int:
    """Prints the result as JSON, into a file too if one is named. Returns the exit code: 0 if `ok`, else 1."""
    text = json.dumps(result, indent=2) + "\n"
    if file is not None:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    sys.stdout.write(text)
    return 0 if ok else 1
