"""The e-mail outbox: delivery by SMTP, retries, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from services.auth.config import AuthSettings
from services.auth.mails import mail
from services.common.actor import SYSTEM
from services.common.database.transaction import Transaction
from tests.running import ENCRYPTION, SECRET, free_port
from tests.service.one_connection import OneConnection

PEOPLE = ("ann@example.com", "bob@example.com", "cid@example.com")


class Inbox:
    """An SMTP server that records e-mails and refuses chosen recipients."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.refused: dict[str, str] = {}
        self.answer = "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take or refuse a recipient."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take or refuse an e-mail."""
        if self.answer.startswith("250"):
            self.letters.append(envelope)
        return self.answer

    @property
    def recipients(self) -> list[str]:
        """Who was written to, in order."""
        return [rcpt_to for letter in self.letters for rcpt_to in letter.rcpt_tos]


@pytest.fixture
def settings() -> AuthSettings:
    """Settings with a mail server on a free port, where none listens yet."""
    return AuthSettings(
        amqp_uri="",
        storage_url="",
        secret_key=SECRET,
        encryption_key=ENCRYPTION,
        database_url="",
        mail_url=f"smtp://127.0.0.1:{free_port()}",
        mail_from="studio@example.com",
    )


@pytest.fixture
def tx(databases: dict[str, OneConnection]) -> Iterator[Transaction]:
    """A transaction of ``auth``; its commits are rolled back."""
    transaction = Transaction(databases["auth"], actor=SYSTEM)
    yield transaction
    transaction.close()
    databases["auth"].undo()


@contextmanager
def listening(settings: AuthSettings) -> Iterator[Inbox]:
    """An SMTP server at the address in the settings."""
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=int(settings.mail_url.split(":")[2]))
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()


def queued_recipients(tx: Transaction) -> dict[str, int]:
    """The queued recipients with their numbers of attempts."""
    rows = tx.session.query(mail.OutgoingMail).order_by(mail.OutgoingMail.id)
    return {row.recipient: row.tries for row in rows}


def make_due(tx: Transaction) -> None:
    """Make all queued e-mails due."""
    for row in tx.session.query(mail.OutgoingMail):
        row.due_at = mail.now()
    tx.commit()


def queue_for(tx: Transaction, settings: AuthSettings) -> None:
    """Queue an e-mail for each recipient."""
    for one in PEOPLE:
        mail.write(tx, settings, one, "Hello", "there")
    tx.commit()


def test_an_e_mail_is_delivered_once(settings: AuthSettings, tx: Transaction) -> None:
    """A line break in its subject becomes a space."""
    with listening(settings) as inbox:
        mail.write(tx, settings, "ann@example.com", "Über\nuns", "Grüße")
        assert mail.deliver(tx, settings) == 1
        assert mail.deliver(tx, settings) == 0
    (letter,) = inbox.letters
    assert letter.rcpt_tos == ["ann@example.com"]
    assert letter.mail_from == "studio@example.com"
    assert b"Gr=C3=BC=C3=9Fe" in letter.content or "Grüße".encode() in letter.content


def test_an_unreachable_server_is_no_attempt(settings: AuthSettings, tx: Transaction) -> None:
    """All e-mails stay queued."""
    queue_for(tx, settings)
    for _ in range(mail.TRIES + 1):
        make_due(tx)
        assert mail.deliver(tx, settings) == 0
    assert queued_recipients(tx) == dict.fromkeys(PEOPLE, 0)
    make_due(tx)
    with listening(settings) as inbox:
        assert mail.deliver(tx, settings) == 3
    assert inbox.recipients == list(PEOPLE)


def test_a_permanent_refusal_discards_one_e_mail(settings: AuthSettings, tx: Transaction) -> None:
    """The others are sent."""
    queue_for(tx, settings)
    with listening(settings) as inbox:
        inbox.refused = {"ann@example.com": "550 no such user"}
        assert mail.deliver(tx, settings) == 2
    assert inbox.recipients == ["bob@example.com", "cid@example.com"]
    assert queued_recipients(tx) == {}


def test_a_temporary_refusal_is_retried_then_discarded(
    settings: AuthSettings, tx: Transaction
) -> None:
    """The others don't wait for it."""
    queue_for(tx, settings)
    with listening(settings) as inbox:
        inbox.refused = {"bob@example.com": "450 later"}
        assert mail.deliver(tx, settings) == 2
        assert mail.deliver(tx, settings) == 0, "it is not due yet"
        assert queued_recipients(tx) == {"bob@example.com": 1}
        for number in range(2, mail.TRIES):
            make_due(tx)
            mail.deliver(tx, settings)
            assert queued_recipients(tx) == {"bob@example.com": number}
        make_due(tx)
        mail.deliver(tx, settings)
    assert queued_recipients(tx) == {}
    assert inbox.recipients == ["ann@example.com", "cid@example.com"]


def test_a_temporarily_refused_message_is_retried(settings: AuthSettings, tx: Transaction) -> None:
    """As well as a refused recipient."""
    mail.write(tx, settings, "ann@example.com", "Hello", "there")
    with listening(settings) as inbox:
        inbox.answer = "451 try again"
        assert mail.deliver(tx, settings) == 0
        inbox.answer = "250 OK"
        make_due(tx)
        assert mail.deliver(tx, settings) == 1


def test_no_transaction_is_open_during_smtp(
    settings: AuthSettings, tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim is committed first, so a slow server holds no row lock."""
    queue_for(tx, settings)
    seen = []

    @contextmanager
    def transport(_url: str) -> Iterator[Any]:
        yield lambda _message: seen.append(tx.session.in_transaction())

    monkeypatch.setattr(mail, "_transport", transport)
    assert mail.deliver(tx, settings) == 3
    assert seen == [False, False, False]


def test_queued_e_mails_are_encrypted(settings: AuthSettings, tx: Transaction) -> None:
    """They contain codes and links."""
    mail.write(tx, settings, "ann@example.com", "Hello", "the code is 123456")
    tx.session.flush()
    row = tx.session.query(mail.OutgoingMail).one()
    assert "123456" not in row.sealed_body
