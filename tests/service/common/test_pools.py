"""Connections without a transaction."""

from __future__ import annotations

import sqlalchemy as sa

from services.common.database.pools import SET_LOCAL, Database

SETTING = sa.text("SHOW enable_seqscan")
SHOWN = sa.text("SELECT current_setting('enable_seqscan'), CAST(:one AS integer)")


def test_a_setting_of_a_statement_ends_with_it(urls: dict[str, str]) -> None:
    """On the same connection the next one is planned as usual."""
    database = Database(urls["assets"], pool_size=1)
    options = {SET_LOCAL: "enable_seqscan = off"}
    try:
        with database.read() as connection:
            shown = connection.execute(SHOWN, {"one": 1}, execution_options=options)
            assert tuple(shown.one()) == ("off", 1)
            assert connection.scalar(SETTING) == "on"
            assert connection.connection.notices == []
            connection.execution_options(**options)
            assert connection.scalar(SETTING) == "off"
        with database.read() as connection:
            assert connection.scalar(SETTING) == "on"
    finally:
        database.close()
