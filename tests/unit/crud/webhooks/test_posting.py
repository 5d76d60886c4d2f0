"""Requests to receivers: where they may go, and what receivers may do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from services.common.web_addresses import networks
from services.crud.webhooks import posting
from services.crud.webhooks.posting import Answer, Poster

LOCAL = networks("127.0.0.0/8,::1/128")
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Names(AbstractResolver):
    """Resolves every name to these addresses, one after the other: the last one for ever."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """What the name stands for now."""
        address = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Do nothing."""


def post(url: str, resolver: AbstractResolver | None = None, allowed: str = "") -> Answer:
    """Post to a URL."""

    async def run() -> Answer:
        async with Poster(networks(allowed), resolver) as poster:
            return await poster.post(url, b"{}", {})

    return asyncio.run(run())


def post_to(handler: Handler, *, times: int = 1) -> list[Answer]:
    """Post to a receiver on this machine that does what ``handler`` does."""

    async def run() -> list[Answer]:
        serving: list[asyncio.Task[None] | None] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            serving.append(asyncio.current_task())
            try:
                await handler(reader, writer)
            finally:
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with Poster(LOCAL) as poster:
            answers = [
                await poster.post(f"http://127.0.0.1:{port}/", b"{}", {"webhook-id": "1"})
                for _ in range(times)
            ]
        server.close()
        for task in serving:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in serving if task), return_exceptions=True)
        return answers

    return asyncio.run(run())


async def _request(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"\r\n\r\n{}")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104 - no binding
        "[fe80::1]",
    ],
)
def test_hosts_inside_are_not_connected_to(host: str) -> None:
    """Whatever form the address has."""
    answer = post(f"http://{host}:1/")
    # aiohttp itself refuses some of the forms.
    assert any(words in (answer.error or "") for words in ("not a public address", "canonical"))
    assert (answer.status, answer.is_delivered) == (None, False)


@pytest.mark.parametrize("address", ["10.0.0.1", "::ffff:10.0.0.1", "fd00::1", "224.0.0.1"])
def test_names_that_stand_for_hosts_inside_are_not_connected_to(address: str) -> None:
    """The address counts, not the name."""
    assert f"{address} is not a public address" in (
        post("http://innocent.example.com:1/", Names(address)).error or ""
    )


def test_a_name_that_changes_gains_nothing() -> None:
    """The check is on the connection itself: no lookup lies between."""

    async def run() -> list[Answer]:
        # Whoever looked first would have found the allowed address.
        async with Poster(networks("127.0.0.2/32"), Names("127.0.0.2", "127.0.0.1")) as poster:
            poster.session.connector._use_dns_cache = False  # type: ignore[union-attr] # noqa: SLF001
            return [await poster.post("http://rebind.example.com:1/", b"", {}) for _ in range(2)]

    first, second = asyncio.run(run())
    assert "not a public" not in (first.error or "")
    assert "127.0.0.1 is not a public address" in (second.error or "")


def test_connections_are_kept() -> None:
    """One is enough for a backlog."""
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for _ in range(3):
            await _request(reader)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    answers = post_to(answer, times=3)
    assert [one.text for one in answers] == ["ok", "ok", "ok"]
    assert all(one.is_delivered for one in answers)
    assert connections == 1


def test_redirects_are_not_followed() -> None:
    """They could lead inside."""
    seen = 0

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen += 1
        await _request(reader)
        writer.write(b"HTTP/1.1 307 X\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    (answer,) = post_to(redirect)
    assert (answer.status, answer.error, seen) == (307, "redirects are not followed", 1)
    assert not answer.is_delivered


def test_of_a_huge_answer_the_beginning_is_read() -> None:
    """However long it goes on."""
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await _request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n\0")
        try:
            while True:
                writer.write(b"a" * 65536)
                await writer.drain()
                sent += 65536
        except ConnectionError:
            writer.close()

    (answer,) = post_to(flood)
    assert answer.is_delivered
    assert answer.text == "\ufffd" + "a" * (posting.KEPT - 1)
    assert sent < 100_000_000


async def _hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request(reader)
    try:
        for letter in b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + 1000 * b"a":
            writer.write(bytes([letter]))
            await writer.drain()
            await asyncio.sleep(0.005)
    except ConnectionError:
        pass
    writer.close()


@pytest.mark.parametrize("handler", [_hang, _drip])
def test_slow_receivers_are_left(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether they say nothing, or a letter at a time."""
    monkeypatch.setattr(posting, "SECONDS", 0.3)
    (answer,) = post_to(handler)
    assert "no complete answer" in (answer.error or "")
    assert not answer.is_delivered


@pytest.mark.parametrize("words", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-len"])
def test_what_is_no_answer_is_an_error(words: bytes) -> None:
    """Also a connection that is closed."""

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        writer.write(words)
        await writer.drain()
        writer.close()

    (answer,) = post_to(close)
    assert answer.error
    assert not answer.is_delivered


def test_what_is_kept_of_a_request_has_no_signature() -> None:
    """Who may see deliveries could else send the event elsewhere as ours."""
    headers = {"webhook-id": "1", "webhook-signature": "v1,abc"}
    assert posting.shown(headers) == {"webhook-id": "1"}
