"""The generated table of metrics in ``docs/observing.md``; the rest of it is written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from deploy.measures import table

OBSERVING: Final = Path(__file__).parents[2] / "docs" / "observing.md"
BEGIN: Final = "<!-- The table is made by make docs from the declarations. -->"
END: Final = "<!-- End of the table. -->"


def observing() -> str:
    """The document with the table of the metrics that are declared now."""
    return with_table(OBSERVING.read_text(), table())


def with_table(text: str, new: str) -> str:
    """The text with the table between its two markers replaced."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{new}\n{END}{after}"
