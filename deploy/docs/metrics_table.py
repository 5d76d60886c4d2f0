"""The table of metrics in ``docs/observing.md``, which is written by hand around it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from deploy.measures import table

OBSERVING: Final = Path(__file__).parents[2] / "docs" / "observing.md"
BEGIN: Final = "<!-- The table is made by make docs from the declarations. -->"
END: Final = "<!-- End of the table. -->"


def observing() -> str:
    """The handbook with the table as the declarations have it now."""
    return with_table(OBSERVING.read_text(), table())


def with_table(text: str, new: str) -> str:
    """The text with another table between the two comments that mark it."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{new}\n{END}{after}"
