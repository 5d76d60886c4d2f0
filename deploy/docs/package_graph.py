"""``docs/house.md``: import graphs of the kernel, a service and the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import grimp

from deploy.docs.marked_block import replaced

HOUSE: Final = Path(__file__).parents[2] / "docs" / "house.md"
BEGIN: Final = "<!-- drawn from the imports by `make docs` -->"
END: Final = "<!-- end of the drawing -->"
#: The packages drawn, with the titles of their graphs.
DRAWN: Final = {
    "services.common": "The kernel",
    "services.tasks": "A service: tasks",
    "gateway": "The gateway",
}
Arrows = dict[str, set[str]]


def house() -> str:
    """The document with its graphs regenerated."""
    graph = grimp.build_graph("services", "gateway", exclude_type_checking_imports=False)
    drawings = [
        f"### {title}\n\n```mermaid\n{mermaid(arrows_of(graph, root))}```\n"
        for root, title in DRAWN.items()
    ]
    return replaced(HOUSE.read_text(), BEGIN, END, "\n".join(drawings).rstrip("\n"))


def arrows_of(graph: grimp.ImportGraph, root: str) -> Arrows:
    """Imports between the children of ``root``: packages, and modules beside them."""
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
    """The child of ``root`` that a module is in; empty outside ``root``."""
    return (
        module.removeprefix(f"{root}.").partition(".")[0] if module.startswith(f"{root}.") else ""
    )


def reduced(arrows: Arrows) -> Arrows:
    """The transitive reduction: without arrows that a longer path implies. ``arrows`` is a DAG."""

    def reachable(part: str) -> set[str]:
        parts: set[str] = set()
        pending = [*arrows.get(part, ())]
        while pending:
            target = pending.pop()
            if target not in parts:
                parts.add(target)
                pending += arrows.get(target, ())
        return parts

    return {
        part: {
            target
            for target in direct
            if not any(target in reachable(other) for other in direct - {target})
        }
        for part, direct in arrows.items()
    }


def mermaid(arrows: Arrows) -> str:
    """A Mermaid flow chart with importers above what they import."""
    lines = ["flowchart TD"]
    for part, direct in sorted(reduced(arrows).items()):
        lines += [f"    {part} --> {target}" for target in sorted(direct)] or [f"    {part}"]
    return "\n".join(lines) + "\n"
