"""The generated part of a document that is otherwise written by hand, between two markers."""

from __future__ import annotations


def replaced(text: str, begin: str, end: str, new: str) -> str:
    """The text with what stands between its two markers replaced."""
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n\n{new}\n\n{end}{after}"
