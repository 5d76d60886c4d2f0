"""Sockets: gazu as it is, and the protocol on the wire."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import engineio.client
import gazu
import pytest
import requests
import socketio

from gateway.live.sockets import PING_SECONDS
from tests.listening import LiveClient
from tests.running import Caller, System, token_for, until
from tests.world import World

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
NAMES = ("asset:update", "comment:new", "task:update", "department:update", "person:update")


class Heard:
    """What a client of gazu hears."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def listener(self, name: str) -> Callable[[dict[str, Any]], None]:
        """A callback for that event."""
        return lambda payload: self.events.append((name, payload))

    def wait_for(self, name: str, **payload: Any) -> dict[str, Any]:
        """The payload of an event."""
        return until(
            lambda: next(
                (p for n, p in list(self.events) if n == name and payload.items() <= p.items()),
                None,
            ),
            10,
            f"{name} among {self.events}",
        )


@contextmanager
def gazu_of(system: System, token: str) -> Iterator[tuple[socketio.Client, Heard]]:
    """An unmodified event client of gazu."""
    client = gazu.client.create_client(f"{system.base}/api")
    client.tokens = {"access_token": token}
    event_client, heard = gazu.events.init(client=client), Heard()
    for name in NAMES:
        gazu.events.add_listener(event_client, name, heard.listener(name))
    thread = threading.Thread(target=gazu.events.run_client, args=(event_client,), daemon=True)
    thread.start()
    try:
        yield event_client, heard
    finally:
        event_client.disconnect()
        thread.join(10)


@pytest.fixture(params=["websocket", "polling"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each transport that gazu uses: without the package websocket-client it polls."""
    if request.param == "polling":
        monkeypatch.setattr(engineio.client, "websocket", None)
    found: str = request.param
    return found


def test_gazu_hears_what_its_person_may(
    system: System, world: World, admin: Caller, transport: str
) -> None:
    """The documented payloads under their names; nothing of what is not for them."""
    with gazu_of(system, token_for(world.people["client"])) as (client, heard):
        assert client.transport() == transport
        budget = {"name": "Secret", "project_id": world.project}
        assert admin.post("/data/budgets", budget).status_code == 200
        hidden = {"task_status_id": world.status, "comment": "Internal"}
        assert admin.post(f"/actions/tasks/{world.task}/comment", hidden).status_code == 201
        admin.put(f"/data/entities/{world.asset}", {"name": "Seen"})
        payload = heard.wait_for("asset:update")
        assert payload == {"asset_id": world.asset, "project_id": world.project}
        assert "comment:new" not in [name for name, _ in heard.events]


def test_a_stranger_is_rejected_from_events_only(system: System) -> None:
    """As gazu expects it."""
    with LiveClient() as client:
        with pytest.raises(socketio.exceptions.ConnectionError, match="namespaces failed"):
            client.connect(system.base, namespaces=["/events"], wait_timeout=5)
        client.connect(system.base, namespaces=["/"], wait_timeout=5)


def test_the_wire(system: System, world: World, admin: Caller) -> None:
    """The handshake and the packets, byte for byte where clients look."""
    url = f"{system.base}/socket.io/?EIO=4&transport=polling"
    session = requests.Session()
    session.headers["Cookie"] = f"access_token_cookie={token_for(world.people['artist'])}"
    opened = session.get(url, timeout=5)
    assert opened.status_code == 200
    handshake = (
        opened.json() if opened.text[0] == "{" else __import__("json").loads(opened.text[1:])
    )
    assert {k: v for k, v in handshake.items() if k != "sid"} == {
        "upgrades": ["websocket"],
        "pingTimeout": 20000,
        "pingInterval": 25000,
        "maxPayload": 1000000,
    }
    own = f"{url}&sid={handshake['sid']}"
    assert session.post(own, data="40/events,", timeout=5).text.upper() == "OK"
    assert session.get(own, timeout=5).text.startswith('40/events,{"sid":"')
    admin.put(f"/data/entities/{world.asset}", {"name": "Wired"})
    expected = (
        f'42/events,["asset:update",{{"asset_id":"{world.asset}","project_id":"{world.project}"}}]'
    )
    assert expected in session.get(own, timeout=10).text.split("\x1e")
    assert (
        session.get(f"{system.base}/socket.io/?EIO=3&transport=polling", timeout=5).status_code
        == 400
    )
    stranger = requests.Session()
    sid = stranger.get(url, timeout=5).text.split('"sid":"')[1].split('"')[0]
    stranger.post(f"{url}&sid={sid}", data="40/events,{}", timeout=5)
    answer = stranger.get(f"{url}&sid={sid}", timeout=5).text
    assert answer == '44/events,{"message":"Connection rejected by server"}'


def test_the_open_poll_of_a_client_that_leaves_is_answered(system: System, world: World) -> None:
    """It waits for that, as gazu does, before it has left."""
    headers = {"Authorization": f"Bearer {token_for(world.people['artist'])}"}
    begin = f"{system.base}/socket.io/?EIO=4&transport=polling"

    def is_answered() -> bool:
        sid = requests.get(begin, headers=headers, timeout=5).text.split('"sid":"')[1].split('"')[0]
        url = f"{begin}&sid={sid}"
        requests.post(url, "40/events,", headers=headers, timeout=5)
        assert requests.get(url, headers=headers, timeout=5).text.startswith("40/events,")
        with ThreadPoolExecutor(1) as pool:
            # Well before the next ping, which would end it as well.
            polled = pool.submit(requests.get, url, headers=headers, timeout=PING_SECONDS / 2)
            requests.post(url, "1", headers=headers, timeout=5)
            # Else it came after the end of the session.
            return polled.result().status_code == 200

    until(is_answered, what="a poll that was open")


def test_a_client_cannot_call_what_is_no_message(system: System, world: World) -> None:
    """Such as the handler of connections, with a request of its own making."""
    token = token_for(world.people["artist"])
    with LiveClient() as client:
        client.connect(
            system.base, headers={"Authorization": f"Bearer {token}"}, namespaces=["/events"]
        )
        for name in ("connect", "disconnect", "anything"):
            client.emit(name, {"asgi.scope": {}}, namespace="/events")
        client.sleep(0.2)
        assert client.connected


@pytest.mark.parametrize("wrong", ["6", "2probe", "4" + 1_000_001 * "x"])
def test_what_is_no_packet_ends_the_session_at_once(system: System, wrong: str) -> None:
    """Also while its client isn't polling: nothing waits for it."""
    url = f"{system.base}/socket.io/?EIO=4&transport=polling"
    sid = requests.get(url, timeout=5).text.split('"sid":"')[1].split('"')[0]
    assert requests.post(f"{url}&sid={sid}", data=wrong, timeout=10).status_code == 400
    assert requests.get(f"{url}&sid={sid}", timeout=5).status_code == 400


@pytest.mark.parametrize("way", ["auth", "other origin"])
def test_other_ways_to_connect(system: System, world: World, way: str) -> None:
    """A token in the CONNECT packet counts; a page of elsewhere is refused."""
    token = token_for(world.people["artist"])
    with LiveClient() as client:
        if way == "auth":
            client.connect(system.base, auth={"token": token}, namespaces=["/events"])
            assert client.connected
            return
        headers = {"Origin": "https://evil.example.com", "Cookie": f"access_token_cookie={token}"}
        with pytest.raises(socketio.exceptions.ConnectionError):
            client.connect(system.base, headers=headers, namespaces=["/events"])
