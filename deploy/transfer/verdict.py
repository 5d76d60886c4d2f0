"""What a comparison of a source with the system found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Verdict:
    """The result of a comparison."""

    rows: int = 0
    tables: int = 0
    api_answers: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether there are no differences."""
        return not self.differences

    def lines(self) -> Iterator[str]:
        """The lines to print."""
        yield from self.differences
        result = "the same" if self.same else "NOT the same"
        yield f"{self.rows} rows in {self.tables} tables, {self.api_answers} API answers: {result}"
