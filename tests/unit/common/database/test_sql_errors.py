"""Database errors as errors that cross RPC."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.common.database.sql_errors import (
    FOREIGN,
    MESSAGES,
    as_service_errors,
    gave_way,
    refers_to_gone_row,
)
from services.common.errors import Integrity, ServiceError, Unavailable


class DriverError(psycopg2.Error):
    """An error of the driver with a SQLSTATE and the violated constraint."""

    def __init__(self, code: str | None, constraint: str | None = None) -> None:
        super().__init__("SELECT secret FROM password")
        self._code, self._diag = code, SimpleNamespace(constraint_name=constraint)

    @property
    def pgcode(self) -> Any:
        """The SQLSTATE."""
        return self._code

    @property
    def diag(self) -> Any:
        """The details."""
        return self._diag


def raised(error: Exception) -> ServiceError:
    """The error that a caller gets."""
    with pytest.raises(ServiceError) as refusal, as_service_errors():
        raise error
    return refusal.value


@pytest.mark.parametrize("code", MESSAGES)
@pytest.mark.parametrize("wrapped", [True, False])
def test_a_violated_constraint_is_an_integrity_error(code: str, wrapped: bool) -> None:
    """With our words; PostgreSQL's would show tables and values."""
    error: Exception = DriverError(code)
    refusal = raised(DBAPIError("INSERT", {}, error) if wrapped else error)
    assert (type(refusal), refusal.message) == (Integrity, MESSAGES[code])


@pytest.mark.parametrize("code", ["22P02", "22003"])
def test_a_value_that_does_not_fit_is_an_integrity_error(code: str) -> None:
    """Of the class of data exceptions."""
    assert "invalid format" in raised(DriverError(code)).message


@pytest.mark.parametrize("code", ["08006", "40P01", "53300", "55P03", "57P01", "", None])
def test_a_temporary_failure_is_unavailable(code: str | None) -> None:
    """Without a code the connection was lost."""
    assert isinstance(raised(DriverError(code)), Unavailable)


def test_a_full_pool_is_unavailable() -> None:
    """The caller may retry."""
    assert raised(PoolTimeoutError("")).message == "The database is busy."


@pytest.mark.parametrize("text", ["This Connection is closed", "transaction is invalid"])
def test_a_connection_lost_in_use_is_unavailable(text: str) -> None:
    """As SQLAlchemy reports it."""
    assert isinstance(raised(InvalidRequestError(text)), Unavailable)


@pytest.mark.parametrize(
    "bug", [DriverError("42601"), InvalidRequestError("no such column"), ValueError("x")]
)
def test_a_bug_of_ours_stays_one(bug: Exception) -> None:
    """It is logged with its traceback, and not blamed on the client."""
    with pytest.raises(type(bug)), as_service_errors():
        raise bug


def test_a_text_with_nul_is_an_integrity_error() -> None:
    """The driver refuses it before PostgreSQL sees it."""
    assert isinstance(raised(ValueError("A string literal cannot contain NUL (0x00)")), Integrity)


@pytest.mark.parametrize(
    ("code", "constraint", "retried"),
    [
        ("40P01", None, True),
        ("40001", None, True),
        (FOREIGN, "gone_row", True),
        (FOREIGN, "fk_task_entity", False),
        ("23505", None, False),
        ("55P03", None, False),
    ],
)
def test_a_command_that_lost_to_another_is_retried(
    code: str, constraint: str | None, retried: bool
) -> None:
    """Deadlocks, serialization failures, and references to rows deleted meanwhile."""
    refusal = raised(DBAPIError("UPDATE", {}, DriverError(code, constraint)))
    assert gave_way(refusal) is retried
    assert refers_to_gone_row(refusal) is (constraint == "gone_row")
    assert not gave_way(Unavailable("The broker is away."))
