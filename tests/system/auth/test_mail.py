"""Letters by SMTP: sent once, kept while the server is away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from services.auth.config import AuthSettings
from services.auth.mails import mail
from services.common.actor import SYSTEM
from services.common.database.transaction import Database, Transaction
from tests.running import ENCRYPTION, SECRET, System, free_port


class Inbox:
    """A mail server's view of what it received."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take or refuse a letter."""
        if self.answer.startswith("250"):
            self.letters.append(envelope)
        return self.answer


@pytest.fixture
def settings(system: System) -> AuthSettings:
    """Settings with a mail server on a free port."""
    return AuthSettings(
        amqp_uri="",
        storage_url="",
        secret_key=SECRET,
        encryption_key=ENCRYPTION,
        database_url=system.parts.urls["auth"],
        mail_url=f"smtp://127.0.0.1:{free_port()}",
        mail_from="studio@example.com",
    )


@pytest.fixture
def tx(settings: AuthSettings) -> Iterator[Transaction]:
    """A transaction that nobody else sees into, and that is not kept."""
    database = Database(settings.database_url, pool_size=1)
    transaction = Transaction(database, actor=SYSTEM)
    yield transaction
    transaction.close()
    database.close()


def test_a_letter_arrives_as_it_was_written(settings: AuthSettings, tx: Transaction) -> None:
    """Once; a line break in its subject is none."""
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=int(settings.mail_url.split(":")[2]))
    controller.start()
    try:
        mail.write(tx, settings, "ann@example.com", "Über\nuns", "Grüße")
        assert mail.deliver(tx, settings) == 1
        assert mail.deliver(tx, settings) == 0
    finally:
        controller.stop()
    (letter,) = inbox.letters
    assert letter.rcpt_tos == ["ann@example.com"]
    assert letter.mail_from == "studio@example.com"
    assert b"Gr=C3=BC=C3=9Fe" in letter.content or "Grüße".encode() in letter.content


def test_a_letter_waits_for_a_server_that_is_away_or_refuses(
    settings: AuthSettings, tx: Transaction
) -> None:
    """It is due again later, and not lost."""
    mail.write(tx, settings, "ann@example.com", "Hello", "there")
    assert mail.deliver(tx, settings) == 0, "nobody listens"
    tx.session.flush()
    waiting = tx.session.query(mail.OutgoingMail).filter_by(recipient="ann@example.com").one()
    assert waiting.tries == 1
    inbox = Inbox()
    inbox.answer = "451 try again"
    controller = Controller(inbox, hostname="127.0.0.1", port=int(settings.mail_url.split(":")[2]))
    controller.start()
    try:
        waiting.due_at = mail.now()
        assert mail.deliver(tx, settings) == 0
        inbox.answer, waiting.due_at = "250 OK", mail.now()
        assert mail.deliver(tx, settings) == 1
    finally:
        controller.stop()
    assert len(inbox.letters) == 1


def test_what_waits_lies_sealed(settings: AuthSettings, tx: Transaction) -> None:
    """Letters hold codes and links."""
    mail.write(tx, settings, "ann@example.com", "Hello", "the code is 123456")
    tx.session.flush()
    waiting = tx.session.query(mail.OutgoingMail).filter_by(recipient="ann@example.com").one()
    assert "123456" not in waiting.sealed_body
