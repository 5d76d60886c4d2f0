"""E-mails by SMTP: sent once, each by itself, kept while the server is away."""

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
    """A mail server: what it took, and whom it refuses with what."""

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
        return [one for letter in self.letters for one in letter.rcpt_tos]


@pytest.fixture
def settings() -> AuthSettings:
    """Settings with a mail server on a free port, where nobody listens yet."""
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
    """A transaction of ``auth``; what it commits is taken back."""
    transaction = Transaction(databases["auth"], actor=SYSTEM)
    yield transaction
    transaction.close()
    databases["auth"].undo()


@contextmanager
def listening(settings: AuthSettings) -> Iterator[Inbox]:
    """A mail server where the settings say."""
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=int(settings.mail_url.split(":")[2]))
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()


def waiting(tx: Transaction) -> dict[str, int]:
    """Who waits for an e-mail, and how often it was tried."""
    rows = tx.session.query(mail.OutgoingMail).order_by(mail.OutgoingMail.id)
    return {row.recipient: row.tries for row in rows}


def fall_due(tx: Transaction) -> None:
    """Time passes."""
    for row in tx.session.query(mail.OutgoingMail):
        row.due_at = mail.now()
    tx.commit()


def write_to_all(tx: Transaction, settings: AuthSettings) -> None:
    """An e-mail to each."""
    for one in PEOPLE:
        mail.write(tx, settings, one, "Hello", "there")
    tx.commit()


def test_an_e_mail_arrives_as_it_was_written(settings: AuthSettings, tx: Transaction) -> None:
    """Once; a line break in its subject is none."""
    with listening(settings) as inbox:
        mail.write(tx, settings, "ann@example.com", "Über\nuns", "Grüße")
        assert mail.deliver(tx, settings) == 1
        assert mail.deliver(tx, settings) == 0
    (letter,) = inbox.letters
    assert letter.rcpt_tos == ["ann@example.com"]
    assert letter.mail_from == "studio@example.com"
    assert b"Gr=C3=BC=C3=9Fe" in letter.content or "Grüße".encode() in letter.content


def test_a_server_that_is_away_costs_nobody_a_try(settings: AuthSettings, tx: Transaction) -> None:
    """Everything waits for it."""
    write_to_all(tx, settings)
    for _ in range(mail.TRIES + 1):
        fall_due(tx)
        assert mail.deliver(tx, settings) == 0
    assert waiting(tx) == dict.fromkeys(PEOPLE, 0)
    fall_due(tx)
    with listening(settings) as inbox:
        assert mail.deliver(tx, settings) == 3
    assert inbox.recipients == list(PEOPLE)


def test_a_recipient_refused_for_good_costs_one_e_mail(
    settings: AuthSettings, tx: Transaction
) -> None:
    """It is given up at once; those behind it are sent."""
    write_to_all(tx, settings)
    with listening(settings) as inbox:
        inbox.refused = {"ann@example.com": "550 no such user"}
        assert mail.deliver(tx, settings) == 2
    assert inbox.recipients == ["bob@example.com", "cid@example.com"]
    assert waiting(tx) == {}


def test_a_recipient_refused_for_a_while_is_tried_again_and_then_given_up(
    settings: AuthSettings, tx: Transaction
) -> None:
    """The others don't wait for it."""
    write_to_all(tx, settings)
    with listening(settings) as inbox:
        inbox.refused = {"bob@example.com": "450 later"}
        assert mail.deliver(tx, settings) == 2
        assert mail.deliver(tx, settings) == 0, "it is not due yet"
        assert waiting(tx) == {"bob@example.com": 1}
        for number in range(2, mail.TRIES):
            fall_due(tx)
            mail.deliver(tx, settings)
            assert waiting(tx) == {"bob@example.com": number}
        fall_due(tx)
        mail.deliver(tx, settings)
    assert waiting(tx) == {}
    assert inbox.recipients == ["ann@example.com", "cid@example.com"]


def test_what_the_server_refuses_to_take_now_waits(settings: AuthSettings, tx: Transaction) -> None:
    """Also when it is the message that it doesn't take."""
    mail.write(tx, settings, "ann@example.com", "Hello", "there")
    with listening(settings) as inbox:
        inbox.answer = "451 try again"
        assert mail.deliver(tx, settings) == 0
        inbox.answer = "250 OK"
        fall_due(tx)
        assert mail.deliver(tx, settings) == 1


def test_no_transaction_is_open_while_the_server_is_waited_for(
    settings: AuthSettings, tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was claimed is committed first, so a slow server holds no row."""
    write_to_all(tx, settings)
    seen = []

    @contextmanager
    def carrier(_url: str) -> Iterator[Any]:
        yield lambda _message: seen.append(tx.session.in_transaction())

    monkeypatch.setattr(mail, "_transport", carrier)
    assert mail.deliver(tx, settings) == 3
    assert seen == [False, False, False]


def test_what_waits_lies_sealed(settings: AuthSettings, tx: Transaction) -> None:
    """E-mails hold codes and links."""
    mail.write(tx, settings, "ann@example.com", "Hello", "the code is 123456")
    tx.session.flush()
    row = tx.session.query(mail.OutgoingMail).one()
    assert "123456" not in row.sealed_body
