"""Errors that cross RPC."""

from __future__ import annotations

import pytest

from services.common.errors import (
    InvalidInput,
    NotFound,
    ServiceError,
    TooMany,
    Unavailable,
    invalid_field,
)


@pytest.mark.parametrize("cls", [ServiceError, *ServiceError.kinds.values()])
def test_an_error_is_rebuilt_by_the_caller(cls: type[ServiceError]) -> None:
    """Of the same kind, with message and data."""
    rebuilt = ServiceError.build(cls("why", {"seconds": 3}).as_dict())
    assert (type(rebuilt), rebuilt.message, rebuilt.data) == (cls, "why", {"seconds": 3})


def test_an_unknown_kind_is_unavailable() -> None:
    """A newer service may raise it: the caller may retry."""
    rebuilt = ServiceError.build({"kind": "quota", "message": "Over quota."})
    assert (type(rebuilt), rebuilt.message) == (Unavailable, "Over quota.")


def test_an_error_without_a_kind_is_unavailable() -> None:
    """Malformed replies never fail where they are read."""
    assert isinstance(ServiceError.build({}), Unavailable)


def test_a_kind_is_declared_once() -> None:
    """Else replies would be rebuilt as the wrong class."""
    with pytest.raises(TypeError, match="declared twice"):
        type("Again", (ServiceError,), {}, kind=NotFound.kind)
    assert ServiceError.kinds[NotFound.kind] is NotFound


def test_an_invalid_field_is_named_in_the_data() -> None:
    """For forms."""
    error = invalid_field("name", "Field required")
    assert isinstance(error, InvalidInput)
    assert error.data == {"errors": [{"field": "name", "message": "Field required"}]}


def test_the_message_is_that_of_the_exception() -> None:
    """Logs show it."""
    assert str(TooMany("Slow down.", {"seconds": 9})) == "Slow down."
