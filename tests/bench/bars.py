"""Stacked bar charts as SVG."""

from __future__ import annotations

from html import escape
from typing import Final

COLOURS: Final = (
    "#5b6c8f",
    "#8fb3d9",
    "#c9d7e8",
    "#f2b872",
    "#f7dcb4",
    "#6fae83",
    "#3d7a57",
    "#b8a2d0",
    "#d9b8c4",
)
WIDTH, LEFT, BAR, GAP, LINE = 860, 150, 34, 22, 20
STYLE: Final = "font-family:sans-serif;font-size:13px;fill:#222"


def bars(rows: dict[str, dict[str, float]], unit: str = "ms") -> str:
    """One bar per row, scaled by its total, and a legend of the parts."""
    longest = max(sum(parts.values()) for parts in rows.values())
    names = list(dict.fromkeys(name for parts in rows.values() for name in parts))
    colours = dict(zip(names, COLOURS, strict=False))
    scale = (WIDTH - LEFT - 90) / longest
    drawn: list[str] = []
    y = GAP
    for title, parts in rows.items():
        x = float(LEFT)
        drawn.append(f'<text x="{LEFT - 10}" y="{y + 22}" text-anchor="end">{escape(title)}</text>')
        for name, value in parts.items():
            said = escape(f"{name}: {value:.2f} {unit}")
            drawn.append(
                f'<rect x="{x:.1f}" y="{y}" width="{value * scale:.1f}" height="{BAR}" '
                f'fill="{colours[name]}"><title>{said}</title></rect>'
            )
            x += value * scale
        drawn.append(f'<text x="{x + 8:.1f}" y="{y + 22}">{sum(parts.values()):.2f} {unit}</text>')
        y += BAR + GAP
    for number, name in enumerate(names):
        column, row = number % 2, number // 2
        x, top = LEFT + column * 340, y + row * LINE
        drawn.append(
            f'<rect x="{x}" y="{top}" width="12" height="12" fill="{colours[name]}"/>'
            f'<text x="{x + 20}" y="{top + 11}">{escape(name)}</text>'
        )
    height = y + (len(names) + 1) // 2 * LINE + GAP // 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" style="{STYLE};background:#fff">\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )
