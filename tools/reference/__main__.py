"""Write the generated blocks of the docs again, or check that they are fresh.

Example: python -m tools.reference --check
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial

from local.layout import ROOT
from tools.reference import api, commands, emulated, graph, settings
from tools.reference.markdown import filled

BLOCKS: dict[str, Callable[[], str]] = {
    "alarms": graph.alarms,
    "api-errors": api.errors,
    "api-operations": api.operations,
    "command-flags": commands.flags,
    "emulated-types": emulated.emulated,
    "exports": graph.exports,
    "local-commands": partial(commands.summaries, "local"),
    "ops-commands": partial(commands.summaries, "ops"),
    "settings": settings.settings,
}


def main() -> int:
    """Runs the command. Returns 1 when --check finds a page that is not fresh."""
    summary, example = (__doc__ or "").split("\n\nExample: ")
    parser = argparse.ArgumentParser(description=summary, epilog=f"Example: {example}")
    parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 if a block is not fresh")
    check = parser.parse_args().check
    pages = {page: page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))}
    stale = {page: fresh for page, text in pages.items() if (fresh := filled(text, BLOCKS)) != text}
    for page, fresh in stale.items():
        print(f"{page.relative_to(ROOT)} {'is not fresh: make docs' if check else 'written'}")
        if not check:
            page.write_text(fresh, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
