"""E-mails: a transactional outbox, encrypted, and its delivery by SMTP.

An e-mail commits with its cause and is sent shortly after: requests don't wait for the mail server,
and response times don't reveal whether one was queued. Temporary refusals (4xx) are retried with a
backoff, permanent ones (5xx) discard the e-mail; while the server is unreachable all of them wait.
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
from functools import partial
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

#: Timeout of the SMTP connection, in seconds.
SECONDS: Final = 10.0
#: Attempts before an e-mail is discarded.
TRIES: Final = 12
#: The first backoff, which doubles with each attempt.
FIRST_PAUSE: Final = timedelta(seconds=30)
#: How long a process may hold claimed e-mails before others claim them: longer than a batch takes.
LEASE: Final = timedelta(minutes=10)
#: The lowest code of permanent refusals (RFC 5321).
PERMANENT: Final = 500
#: E-mails sent over one connection.
BATCH: Final = 20
PORTS: Final = {"smtp": 25, "smtps": 465}


def write(tx: Transaction, settings: AuthSettings, to: str, subject: str, body: str) -> None:
    """Queue an e-mail in the transactional outbox; only logs if there is no mail server."""
    if not settings.mail_url:
        log.warning("MAIL_URL is not set: an e-mail about %r was not queued", subject)
        return
    line = " ".join(subject.split())
    # Encrypted: bodies hold reset links and codes.
    sealed = vault.seal(settings, body)
    letter = OutgoingMail(recipient=to, subject=line, sealed_body=sealed, due_at=now())
    tx.session.add(letter)


def deliver(tx: Transaction, settings: AuthSettings) -> int:
    """Send the e-mails that are due; returns how many the mail server accepted.

    Commits before the first and after each, so that no transaction is open during SMTP. Delivery is
    at least once: if the process dies, its claimed e-mails are sent again after ``LEASE``.
    """
    if not settings.mail_url:
        return 0
    letters = _claim(tx)
    tx.commit()
    sent = 0
    try:
        with _transport(settings.mail_url) if letters else _nothing() as send:
            while letters:
                sent += _send(tx, letters[0], partial(send, _message(settings, letters[0])))
                tx.commit()
                del letters[0]
    except (OSError, smtplib.SMTPException) as error:
        # An unreachable server doesn't count as an attempt.
        log.warning("the mail server is away: %s", type(error).__name__)
        for letter in letters:
            letter.due_at = now() + FIRST_PAUSE
        tx.commit()
    return sent


def _claim(tx: Transaction) -> list[OutgoingMail]:
    """Claim due e-mails: they are not due again for ``LEASE``."""
    due = (
        sa.select(OutgoingMail)
        .where(OutgoingMail.due_at <= now())
        .order_by(OutgoingMail.id)
        .limit(BATCH)
        # Replicas skip e-mails that another one is sending.
        .with_for_update(skip_locked=True)
    )
    letters = list(tx.session.scalars(due))
    for letter in letters:
        letter.due_at = now() + LEASE
    return letters


def _send(tx: Transaction, letter: OutgoingMail, send: Callable[[], object]) -> bool:
    """Send one; returns whether it was accepted. Raises OSError, SMTPException if disconnected."""
    try:
        send()
    except smtplib.SMTPServerDisconnected:
        raise
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        _refused(tx, letter, _code_of(error))
        return False
    tx.session.delete(letter)
    return True


def _code_of(error: smtplib.SMTPException) -> int:
    """The code of a refusal: 4xx is temporary, 5xx permanent."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


def _refused(tx: Transaction, letter: OutgoingMail, code: int) -> None:
    """Schedule a retry after a temporary refusal; discard after a permanent one or TRIES."""
    letter.tries += 1
    if code >= PERMANENT or letter.tries >= TRIES:
        log.error(
            "an e-mail about %r is discarded after %s tries: %s", letter.subject, letter.tries, code
        )
        tx.session.delete(letter)
        return
    log.warning("an e-mail about %r was refused: %s", letter.subject, code)
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
def _transport(url: str) -> Iterator[Callable[[EmailMessage], object]]:
    """A function that sends a message by SMTP, or writes it to a file."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        yield lambda message: _write_file(Path(unquote(parts.path)), message)
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


def _write_file(folder: Path, message: EmailMessage) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Renamed when complete: readers must not see half an e-mail.
    name = f"{time.time_ns()}.eml"
    (folder / f".{name}").write_bytes(bytes(message))
    (folder / f".{name}").rename(folder / name)
