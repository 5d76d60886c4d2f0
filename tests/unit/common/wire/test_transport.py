"""Sockets with separate limits for reading and writing, with and without TLS."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.common.wire import transport
from services.common.wire.address import Address
from services.common.wire.errors import BrokerLost
from services.common.wire.transport import TlsTransport, Transport, connect

LARGE = b"x" * 8_000_000
Pair = tuple[Transport, socket.socket]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick of a twentieth of a second."""
    monkeypatch.setattr(transport, "TICK_SECONDS", 0.05)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its certificate for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def tls_pair(certificate: Path) -> Pair:
    """A transport and its peer under TLS."""
    ours, theirs = socket.socketpair()
    accepting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    accepting.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    result: list[socket.socket] = []
    thread = threading.Thread(
        target=lambda: result.append(accepting.wrap_socket(theirs, server_side=True))
    )
    thread.start()
    wrapped = trusting.wrap_socket(ours, server_hostname="localhost")
    thread.join(5)
    return TlsTransport(wrapped, write_seconds=0.5), result[0]


@pytest.fixture(params=["plain", "tls"])
def pair(request: pytest.FixtureRequest, quick: None, certificate: Path) -> Iterator[Pair]:
    if request.param == "tls":
        result = tls_pair(certificate)
    else:
        ours, theirs = socket.socketpair()
        result = Transport(ours, write_seconds=0.5), theirs
    yield result
    result[0].close()
    result[1].close()


def test_a_peer_that_does_not_read_breaks_the_connection(pair: Pair) -> None:
    """Half a frame may have been sent, so reading fails too."""
    ours, theirs = pair
    began = time.monotonic()
    with pytest.raises(OSError):
        ours.send(LARGE)
    assert 0.4 < time.monotonic() - began < 4
    with pytest.raises(OSError):
        while True:
            ours.receive(0.1)
    theirs.settimeout(5)
    try:
        while theirs.recv(1 << 20):
            pass
    except OSError:
        return


def test_a_slow_peer_may_take_longer_than_the_limit(pair: Pair) -> None:
    """As long as bytes move."""
    ours, theirs = pair
    received: list[int] = []

    def take() -> None:
        while sum(received) < len(LARGE):
            received.append(len(theirs.recv(16_384)))
            waiter.wait(0.003)

    waiter = threading.Event()
    reader = threading.Thread(target=take)
    reader.start()
    began = time.monotonic()
    ours.send(LARGE)
    took = time.monotonic() - began
    waiter.set()
    reader.join(10)
    assert sum(received) == len(LARGE)
    assert took > 0.5


def test_reading_times_out_and_ends_with_the_peer(pair: Pair) -> None:
    ours, theirs = pair
    assert ours.receive(0.05) == b""
    theirs.sendall(b"abc")
    assert ours.receive(1.0) == b"abc"
    theirs.close()
    with pytest.raises(BrokerLost):
        ours.receive(1.0)


def test_reading_and_writing_concurrently(pair: Pair) -> None:
    """Two threads, a megabyte each way."""
    ours, theirs = pair
    count = 2_000_000

    def echo() -> None:
        left = count
        while left:
            data = theirs.recv(65_536)
            left -= len(data)
            theirs.sendall(data)

    echoing = threading.Thread(target=echo)
    echoing.start()
    writing = threading.Thread(target=lambda: ours.send(b"y" * count))
    writing.start()
    result = 0
    while result < count:
        result += len(ours.receive())
    writing.join(10)
    echoing.join(10)
    assert result == count


def test_an_untrusted_certificate_is_refused(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trusted one is accepted by the host's name."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

        def accept() -> None:
            for _ in range(3):
                sock, _ = server.accept()
                try:
                    context.wrap_socket(sock, server_side=True).close()
                except OSError:
                    sock.close()

        thread = threading.Thread(target=accept)
        thread.start()
        port = server.getsockname()[1]
        address = Address("localhost", port, "u", "p", "/", tls=True, ip="127.0.0.1")
        end = time.monotonic() + 5
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(address, end, write_seconds=1)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        connect(address, end, write_seconds=1).close()
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(address._replace(host="example.org"), end, write_seconds=1)
        thread.join(5)
