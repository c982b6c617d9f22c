"""Holds one situation that AWS was recorded in, and checks it against its row in docs/local.md, which has them all."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.layout import ROOT

_SECTION = (ROOT / "docs/local.md").read_text(encoding="utf-8").partition("\n## Compared with recordings of AWS\n")[2]
_CELLS = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", _SECTION.partition("\n## ")[0], re.MULTILINE)

ROWS: Mapping[str, tuple[str, str]] = {situation: (aws, here) for situation, aws, here in _CELLS[1:]}
"""What the page says of each situation: what AWS does, and `same` or how this stack differs and why."""
UNRECORDED = "not recorded"


@dataclass(frozen=True, kw_only=True)
class Case:
    """`aws` is what the recording shows, in values of ours; `here` what this stack does instead, where it differs."""

    situation: str
    aws: Any
    ours: Callable[..., Any]
    here: Any = None

    def check(self, *place: Any) -> None:
        """Fails when this stack does something else than AWS or the page say; `place` is what `ours` needs."""
        assert self.situation in ROWS, "docs/local.md has no such row"
        aws, here = ROWS[self.situation]
        assert (self.aws == UNRECORDED) == (aws == UNRECORDED), "the page says otherwise of AWS"
        assert (self.here is None) == here.startswith("same"), "the page says otherwise of this stack"
        assert self.here != self.aws, "that is no difference"
        ours, expected = self.ours(*place), self.aws if self.here is None else self.here
        assert ours == expected, f"it is {ours!r}, and not {expected!r}"
