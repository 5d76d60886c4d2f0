"""What an operator orders, from variables: which account, and what it is to hear."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from services.common.contracts.subscribers import STAR, Heard
from services.crud.subscribers.accounts import Account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.crud.subscribers.accounts import Rows

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
#: An event's name, either side of which may be a star.
EVENT: Final = re.compile(r"([a-z0-9_-]+|\*):([a-z0-9_-]+|\*)")
ALL: Final = "all"
FIND: Final = """
SELECT id, name FROM project WHERE id = %(ident)s::uuid OR lower(name) = lower(%(name)s)
"""
YES, NO = "yes", ""


class OrderError(Exception):
    """A variable is missing or malformed; the message names it and says what is expected."""


def account(environ: Mapping[str, str]) -> Account:
    """The account that ``NAME`` names. Raises OrderError."""
    name = environ.get("NAME", "")
    if not NAME.fullmatch(name):
        message = (
            f"NAME is {name!r}: it must be 1 to 40 small letters, digits and hyphens, such as farm."
        )
        raise OrderError(message)
    return Account(name)


def heard(environ: Mapping[str, str], rows: Rows) -> Heard:
    """What ``PRODUCTIONS`` and ``EVENTS`` name. Raises OrderError."""
    words = _words("PRODUCTIONS", environ)
    if not words:
        message = "PRODUCTIONS is missing: name some by id or name (in quotes if need be), or all."
        raise OrderError(message)
    if ALL in words and words != [ALL]:
        message = "PRODUCTIONS is all and more: it must be all, or productions."
        raise OrderError(message)
    names = frozenset(_event(word) for word in _words("EVENTS", environ) or [STAR])
    if words == [ALL]:
        return Heard(None, names)
    return Heard(frozenset(_production(word, rows) for word in words), names)


def rotates(environ: Mapping[str, str]) -> bool:
    """Whether ``ROTATE`` asks for a new password. Raises OrderError."""
    given = environ.get("ROTATE", NO)
    if given not in {YES, NO}:
        message = f"ROTATE is {given!r}: it must be yes, or not set."
        raise OrderError(message)
    return given == YES


def _words(variable: str, environ: Mapping[str, str]) -> list[str]:
    """The words of a variable, in which quotes hold several together."""
    try:
        return shlex.split(environ.get(variable, ""))
    except ValueError as error:
        message = f"{variable} is {environ[variable]!r}: {str(error).lower()}."
        raise OrderError(message) from None


def _event(word: str) -> str:
    if word == STAR:
        return f"{STAR}:{STAR}"
    if EVENT.fullmatch(word):
        return word
    message = (
        f"EVENTS has {word!r}: names are like task:update, "
        "and a star stands for all of one side: task:*, *:new, *."
    )
    raise OrderError(message)


def _production(word: str, rows: Rows) -> UUID:
    found: list[tuple[Any, ...]] = [*rows(FIND, ident=_ident(word), name=word)]
    if len(found) == 1:
        return UUID(str(found[0][0]))
    which = "no production" if not found else f"{len(found)} productions: name it by its id"
    message = f"PRODUCTIONS has {word!r}, which is {which}."
    raise OrderError(message)


def _ident(word: str) -> str | None:
    try:
        return str(UUID(word))
    except ValueError:
        return None
