"""The broker's management, over HTTP: users and limits can't be set over AMQP."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import quote, unquote, urlsplit

import requests

from services.common.wire.address import Address, addresses

#: Seconds for a connection, and for an answer.
TIMEOUT: Final = (2.0, 5.0)
#: Where the plugin listens, without and with TLS.
PORT, TLS_PORT = 15672, 15671


class ManagementError(Exception):
    """The management is away or refuses; the message is for the operator."""


class Management:
    """A client of the management API, for one virtual host."""

    def __init__(self, uri: str, url: str = "") -> None:
        """``uri`` is the broker's; an empty ``url`` means the usual port of its host.

        Raises ManagementError.
        """
        try:
            self.address: Address = addresses(uri)[0]
        except (ValueError, IndexError) as error:
            message = f"AMQP_URI names no broker: {error}."
            raise ManagementError(message) from None
        parts = urlsplit(url or _usual(self.address))
        self.url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
        self.session = requests.Session()
        self.session.trust_env = False  # neither proxies nor ~/.netrc
        self.session.auth = (
            unquote(parts.username or self.address.user),
            unquote(parts.password or self.address.password),
        )
        self.vhost = quote(self.address.vhost, safe="")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def get(self, path: str, **query: str) -> Any:
        """What is there; None if nothing is. Raises ManagementError."""
        answer = self._send("GET", path, params=query)
        return None if answer.status_code == HTTPStatus.NOT_FOUND else answer.json()

    def put(self, path: str, **body: Any) -> None:
        """Make or replace. Raises ManagementError."""
        self._found(self._send("PUT", path, json=body))

    def post(self, path: str, **body: Any) -> None:
        """Add. Raises ManagementError."""
        self._found(self._send("POST", path, json=body))

    def delete(self, path: str) -> bool:
        """Remove; returns whether it was there. Raises ManagementError."""
        return self._send("DELETE", path).status_code != HTTPStatus.NOT_FOUND

    def _send(self, method: str, path: str, **given: Any) -> requests.Response:
        try:
            answer = self.session.request(
                method, f"{self.url}/api/{path}", timeout=TIMEOUT, **given
            )
        except requests.RequestException as error:
            message = (
                f"The broker's management does not answer at {self.url} "
                f"({type(error).__name__}): set BROKER_MANAGEMENT_URL to where it does."
            )
            raise ManagementError(message) from None
        if answer.ok or answer.status_code == HTTPStatus.NOT_FOUND:
            return answer
        message = f"The broker's management refused {method} {path}: {_reason(answer)}"
        raise ManagementError(message)

    def _found(self, answer: requests.Response) -> None:
        if not answer.ok:
            message = f"The broker does not know {answer.request.path_url}: {_reason(answer)}"
            raise ManagementError(message)


def _usual(address: Address) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"https://{host}:{TLS_PORT}" if address.tls else f"http://{host}:{PORT}"


def _reason(answer: requests.Response) -> str:
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        return "its user must be an administrator of the broker."
    try:
        return str(answer.json()["reason"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)
