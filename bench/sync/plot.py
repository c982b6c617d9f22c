"""Draws the arms as a bar chart, in plain SVG: documents per second, with the range of the rounds."""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

WIDTH, LABEL, BAR, GAP = 760, 250, 22, 12
OURS, OTHERS, LIMIT = "#2563eb", "#94a3b8", "#0f172a"


def bars(arms: Mapping[str, Any], title: str) -> str:
    """Makes an SVG document, the fastest arm first. Disqualified arms are named without a bar."""
    order = sorted(arms, key=lambda name: -_speed(arms[name]))
    longest = max((arms[name]["docs_per_second"] or {"max": 1})["max"] for name in order)
    scale = (WIDTH - LABEL - 130) / longest
    height = 50 + len(order) * (BAR + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        'font-size="13" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="24" font-size="15" fill="#0f172a">{escape(title)}</text>',
    ]
    for place, name in enumerate(order):
        parts += _bar(name, arms[name], 42 + place * (BAR + GAP), scale)
    return "\n".join([*parts, "</svg>", ""])


def _bar(name: str, arm: Mapping[str, Any], top: int, scale: float) -> list[str]:
    middle = top + BAR // 2
    label = f'<text x="{LABEL - 10}" y="{middle + 4}" text-anchor="end" fill="#0f172a">{escape(name)}</text>'
    speed = arm["docs_per_second"]
    if speed is None:
        return [label, f'<text x="{LABEL}" y="{middle + 4}" fill="#b91c1c">disqualified: it lost data</text>']
    color = LIMIT if name == "raw_bulk" else OURS if name.startswith("sync_") else OTHERS
    low, high, end = (LABEL + speed[key] * scale for key in ("min", "max", "median"))
    return [
        label,
        f'<rect x="{LABEL}" y="{top}" width="{end - LABEL:.1f}" height="{BAR}" rx="3" fill="{color}"/>',
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}" stroke="#f59e0b" stroke-width="2"/>',
        f'<text x="{max(end, high) + 8:.1f}" y="{middle + 4}" fill="#0f172a">{speed["median"]:,} a second</text>',
    ]


def _speed(arm: Mapping[str, Any]) -> float:
    return float((arm["docs_per_second"] or {"median": 0})["median"])
