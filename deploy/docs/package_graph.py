"""``docs/house.md``: the packages of each folder and who imports whom, drawn from the imports."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import grimp

HOUSE: Final = Path(__file__).parents[2] / "docs" / "house.md"
BEGIN: Final = "<!-- drawn from the imports by `make docs` -->"
END: Final = "<!-- end of the drawing -->"
#: What is drawn, and how it is called.
DRAWN: Final = {
    "services.common": "The kernel",
    "services.tasks": "A service: tasks",
    "gateway": "The gateway",
}
Arrows = dict[str, set[str]]


def house() -> str:
    """The document, its drawings made anew."""
    before, _, rest = HOUSE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    graph = grimp.build_graph("services", "gateway", exclude_type_checking_imports=False)
    drawings = [
        f"### {title}\n\n```mermaid\n{mermaid(arrows_of(graph, root))}```\n"
        for root, title in DRAWN.items()
    ]
    return f"{before}{BEGIN}\n\n" + "\n".join(drawings) + f"\n{END}{after}"


def arrows_of(graph: grimp.ImportGraph, root: str) -> Arrows:
    """Which parts directly below ``root`` import which others of them."""
    arrows: Arrows = {}
    for module in graph.modules:
        part = _part(module, root)
        if part:
            imported = (
                _part(name, root) for name in graph.find_modules_directly_imported_by(module)
            )
            arrows.setdefault(part, set()).update(
                name for name in imported if name and name != part
            )
    return arrows


def _part(module: str, root: str) -> str:
    """The part of ``root`` that a module is in: a package of it, or a module beside them."""
    return (
        module.removeprefix(f"{root}.").partition(".")[0] if module.startswith(f"{root}.") else ""
    )


def reduced(arrows: Arrows) -> Arrows:
    """Without the arrows that others imply: who stands on B, which stands on C, stands on C."""

    def below(part: str) -> set[str]:
        found: set[str] = set()
        waiting = [*arrows.get(part, ())]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += arrows.get(one, ())
        return found

    return {
        part: {one for one in direct if not any(one in below(other) for other in direct - {one})}
        for part, direct in arrows.items()
    }


def mermaid(arrows: Arrows) -> str:
    """A flow chart, whoever imports above what is imported."""
    lines = ["flowchart TD"]
    for part, direct in sorted(reduced(arrows).items()):
        lines += [f"    {part} --> {one}" for one in sorted(direct)] or [f"    {part}"]
    return "\n".join(lines) + "\n"
