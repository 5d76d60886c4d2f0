"""The bit rates of movies, which productions, templates and their task types set."""

from __future__ import annotations

from typing import Final

from services.common.errors import InvalidInput, ServiceError
from services.common.json_types import Row, Values

HIGH, LOW = "hd_bitrate_compression", "ld_bitrate_compression"
SLOWEST, FASTEST = 1, 28
NOTHING: Final[Row] = {}


def check(
    changes: Row,
    before: Row = NOTHING,
    parent: Row = NOTHING,
    error: type[ServiceError] = InvalidInput,
) -> None:
    """Raise ``error`` for bit rates that movies can't have, among the changes of a row.

    ``parent`` has those that apply where the row has none. What stays as it was is not looked at.
    """
    changed: Values = {
        name: changes[name]
        for name in (HIGH, LOW)
        if name in changes and changes[name] != before.get(name)
    }
    for name, rate in changed.items():
        if rate is not None and not SLOWEST <= rate <= FASTEST:
            message = (
                f"Invalid bitrate {rate}. "
                f"Expected an integer number of Mbit/s between {SLOWEST} and {FASTEST}."
            )
            raise error(message, {"errors": [{"field": name, "message": message}]})
    after = {**before, **changed}
    low, high = after.get(LOW), after.get(HIGH) or parent.get(HIGH) or FASTEST
    if changed and low is not None and low > high:
        message = (
            f"The low definition bitrate ({low}) cannot exceed the high definition one ({high})."
        )
        raise error(message, {"errors": [{"field": LOW, "message": message}]})
