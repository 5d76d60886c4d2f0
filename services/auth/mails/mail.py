"""Letters to people. A letter commits with its cause, sealed, and leaves by itself moments later.

Nobody waits for the mail server, and how long an answer takes doesn't tell whether a letter was
written. A server that refuses or is away is tried again for a day.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
import time
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from services.auth import vault
from services.auth.credentials.attempts import now
from services.auth.models import OutgoingMail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from services.auth.config import AuthSettings
    from services.common.database.transaction import Transaction

log = logging.getLogger(__name__)

SECONDS: Final = 10.0
TRIES: Final = 12
FIRST_PAUSE: Final = timedelta(seconds=30)
BATCH: Final = 20
PORTS: Final = {"smtp": 25, "smtps": 465}


def write(tx: Transaction, settings: AuthSettings, to: str, subject: str, body: str) -> None:
    """Put a letter into the tray of this transaction; without a mail server there is none."""
    if not settings.mail_url:
        log.warning("MAIL_URL is not set: a letter about %r was not written", subject)
        return
    line = " ".join(subject.split())
    sealed = vault.seal(settings, body)
    letter = OutgoingMail(recipient=to, subject=line, sealed_body=sealed, due_at=now())
    tx.session.add(letter)


def deliver(tx: Transaction, settings: AuthSettings) -> int:
    """Send what is due and answer how many left; what fails is due again later."""
    if not settings.mail_url:
        return 0
    due = (
        sa.select(OutgoingMail)
        .where(OutgoingMail.due_at <= now())
        .order_by(OutgoingMail.id)
        .limit(BATCH)
        # Each process takes letters that no other is sending.
        .with_for_update(skip_locked=True)
    )
    letters = list(tx.session.scalars(due))
    sent = 0
    try:
        with _carrier(settings.mail_url) if letters else _nothing() as send:
            for letter in letters:
                send(_message(settings, letter))
                tx.session.delete(letter)
                sent += 1
    except (OSError, smtplib.SMTPException) as error:
        log.warning("the mail server did not take a letter: %s", type(error).__name__)
        for letter in letters[sent:]:
            _later(tx, letter)
    return sent


def _later(tx: Transaction, letter: OutgoingMail) -> None:
    letter.tries += 1
    if letter.tries >= TRIES:
        log.error("a letter about %r is given up after %s tries", letter.subject, TRIES)
        tx.session.delete(letter)
    letter.due_at = now() + FIRST_PAUSE * 2 ** min(letter.tries - 1, 8)


def _message(settings: AuthSettings, letter: OutgoingMail) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = settings.mail_from, letter.recipient
    message["Subject"] = letter.subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=settings.site_host)
    message.set_content(vault.unseal(settings, letter.sealed_body) or "")
    return message


@contextmanager
def _nothing() -> Iterator[Callable[[EmailMessage], object]]:
    yield lambda _message: None


@contextmanager
def _carrier(url: str) -> Iterator[Callable[[EmailMessage], object]]:
    """How a letter leaves: by SMTP, or into a folder."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        yield lambda message: _write_down(Path(unquote(parts.path)), message)
        return
    host, port = parts.hostname or "localhost", parts.port or PORTS[parts.scheme]
    secure = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=secure)
        if parts.scheme == "smtps"
        else smtplib.SMTP(host, port, timeout=SECONDS)
    )
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=secure)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server.send_message


def _write_down(folder: Path, message: EmailMessage) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns()}.eml"
    (folder / f".{name}").write_bytes(bytes(message))
    (folder / f".{name}").rename(folder / name)
