"""Accounts for programs at the broker, from a command line.

``python -m services.crud.subscribers make NAME=farm PRODUCTIONS=all EVENTS='task:*'``, ``list``, or
``revoke NAME=farm``; with ``AMQP_URI`` and ``CRUD_DATABASE_URL`` as ``crud`` has them.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec
import psycopg2

from services.crud.config import HISTORY_DAYS
from services.crud.subscribers import accounts, orders
from services.crud.subscribers.accounts import NoAccountError
from services.crud.subscribers.management import Management, ManagementError
from services.crud.subscribers.orders import OrderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.crud.subscribers.accounts import Account

USAGE: Final = "usage: python -m services.crud.subscribers make|list|revoke [NAME=… PRODUCTIONS=…]"
MADE: Final = """\
{uri}
  queue    {queue}
  hears    {names}
  try it   python docs/examples/subscriber_account.py {shown} {queue}"""
SHOWN_ONCE: Final = "The password is shown this once; ROTATE=yes makes another one."
KEPT: Final = "The password is as before; ROTATE=yes makes another one."
HEADINGS: Final = ("name", "waiting", "lag", "connected", "events", "productions")


class Command:
    """What the command works on: the broker's management, and the database of ``crud``."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Raise OrderError where the environment leads to neither."""
        self.environ = environ
        missing = [name for name in ("AMQP_URI", "CRUD_DATABASE_URL") if not environ.get(name)]
        if missing:
            message = f"{missing[0]} is not set."
            raise OrderError(message)

    def run(self, action: str) -> str:
        """Do it, and return what to print. Raises OrderError, NoAccountError, ManagementError."""
        environ = self.environ
        with Management(environ["AMQP_URI"], environ.get("BROKER_MANAGEMENT_URL", "")) as broker:
            if action == "make":
                return self._make(broker)
            if action == "revoke":
                account = orders.account(environ)
                accounts.revoke(broker, account)
                return f"{account.name} is revoked: its user, its queue and what waited are gone."
            return table(
                [msgspec.structs.asdict(one) for one in accounts.listed(broker, self.rows)]
            )

    def rows(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of the database. Raises OrderError."""
        try:
            with (
                closing(psycopg2.connect(self._database)) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute(statement, parameters)
                return list(cursor.fetchall())
        except psycopg2.OperationalError as error:
            message = f"CRUD_DATABASE_URL does not lead to a database: {str(error).strip()}"
            raise OrderError(message) from None

    @property
    def _database(self) -> str:
        # As SQLAlchemy names drivers.
        return self.environ["CRUD_DATABASE_URL"].replace("+psycopg2", "", 1)

    def _make(self, broker: Management) -> str:
        account, rotate = orders.account(self.environ), orders.rotates(self.environ)
        heard = orders.heard(self.environ, self.rows)
        days = _days(self.environ.get("HISTORY_DAYS", ""))
        password = accounts.make(broker, account, heard, days, rotate=rotate)
        uri = _uri(broker, account, password or "…")
        made = MADE.format(
            uri=uri, queue=account.queue, names=" ".join(sorted(heard.names)), shown=f"'{uri}'"
        )
        return f"{made}\n{SHOWN_ONCE if password else KEPT}"


def _days(text: str) -> int:
    if not text:
        return HISTORY_DAYS
    if text.isdecimal() and int(text) > 0:
        return int(text)
    message = f"HISTORY_DAYS is {text!r}: it must be a number of days."
    raise OrderError(message)


def _uri(broker: Management, account: Account, password: str) -> str:
    """The address of the broker as the account writes it."""
    at = broker.address
    host = f"[{at.host}]" if ":" in at.host else at.host
    scheme = "amqps" if at.tls else "amqp"
    vhost = "" if at.vhost == "/" else quote(at.vhost, safe="")
    return f"{scheme}://{account.queue}:{password}@{host}:{at.port}/{vhost}"


def table(found: list[dict[str, Any]]) -> str:
    """The accounts in columns."""
    if not found:
        return "There are no accounts."
    lines = [HEADINGS, *(_line(one) for one in found)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _line(one: dict[str, Any]) -> tuple[str, ...]:
    productions = one["productions"]
    return (
        one["name"],
        str(one["waiting"]),
        f"{one['lag_seconds']} s",
        "yes" if one["connected"] else "no",
        " ".join(one["events"]) or "none",
        "all"
        if productions is None
        else ", ".join(each.name or str(each.id) for each in productions),
    )


def main(arguments: list[str], environ: Mapping[str, str]) -> str:
    """Do what a command line asks for. Raises OrderError, NoAccountError, ManagementError."""
    action, *given = arguments or [""]
    pairs = dict(word.partition("=")[::2] for word in given)
    if action not in {"make", "list", "revoke"} or not all("=" in word for word in given):
        raise OrderError(USAGE)
    return Command({**environ, **pairs}).run(action)


if __name__ == "__main__":
    try:
        print(main(sys.argv[1:], os.environ))  # noqa: T201 - command line output
    except NoAccountError as error:
        sys.exit(f"There is no account {error}.")
    except (OrderError, ManagementError) as error:
        sys.exit(str(error))
