"""Requests that the gateway answers or refuses by itself: metrics, HEAD, bots, CORS."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import falcon.asgi
import falcon.testing
import pytest

from gateway import errors
from gateway.app import connected, live_hub
from gateway.config import GatewaySettings
from gateway.endpoint import Endpoint
from gateway.health import Health
from gateway.live.streams import Streams
from gateway.middleware import RequestMiddleware
from gateway.places import Places
from gateway.routes import ROUTES
from gateway.routes.table import Route
from gateway.rpc.client import RpcClient
from services.common.config import ConfigError
from services.common.errors import ServiceError
from services.common.runtime.rpc_server import Method
from services.common.wire.rpc_protocol import Reply
from tests.unit.gateway.test_identity import SECRET, token

METRICS_TOKEN = "a token that only the monitoring has, of some length"
ROWS = (
    Route("GET", "/effect", "auth.log_out", effect=True),
    Route("GET", "/plain", "auth.show_config"),
    Route("GET", "/data/user/tasks", "tasks.list_own_tasks"),
    Route("POST", "/actions/user/tasks", "tasks.subscribe"),
)


class Site:
    """A gateway with a few routes, whose calls are answered by ``{}`` and noted in ``asked``."""

    def __init__(self, patch: pytest.MonkeyPatch, storage: Path, **environ: str) -> None:
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}

        async def call(_: Any, service: str, method: str, *_args: Any, **_more: Any) -> Reply:
            self.asked.append(f"{service}.{method}")
            return Reply(b"{}", headers=self.headers)

        patch.setattr(RpcClient, "call", call)
        given = {
            "AMQP_URI": "amqp://nobody@localhost:1//",
            "SECRET_KEY": SECRET,
            "STORAGE_URL": f"file://{storage}",
            **environ,
        }
        settings = GatewaySettings.load(given)
        gateway = connected(settings, ROWS)
        app: falcon.asgi.App[Any, Any] = falcon.asgi.App(middleware=[RequestMiddleware(settings)])
        app.add_error_handler(ServiceError, errors.on_service_error)
        Health(gateway.client, settings).add_to(app)
        for row in ROWS:
            streams = Streams(live_hub(settings, gateway), Places(1, "live"))
            app.add_route(row.path, Endpoint(gateway, [row], {}, streams))
        self.app = app

    def send(self, method: str, path: str, peer: str = "127.0.0.1", **headers: str) -> Any:
        """The response to a request of a person, unless the headers say otherwise."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        client = falcon.testing.TestClient(self.app)
        given = {"Authorization": f"Bearer {token('a', identity_type='person')}", **names}
        return client.simulate_request(method, path, headers=given, remote_addr=peer)


Make = Callable[..., Site]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Make:
    """A factory of gateways, with these settings."""
    return partial(Site, monkeypatch, tmp_path)


# --- metrics --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "peer", "headers", "status"),
    [
        ({}, "127.0.0.1", {}, 200),
        ({}, "::1", {}, 200),
        ({}, "192.0.2.7", {}, 403),
        ({}, "127.0.0.1", {"X_Real_IP": "192.0.2.7"}, 403),
        ({}, "127.0.0.1", {"X_Forwarded_For": "127.0.0.1"}, 403),
        ({}, "127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
        ({"METRICS_NETWORKS": "192.0.2.0/24"}, "192.0.2.7", {}, 200),
        ({"METRICS_NETWORKS": "192.0.2.0/24"}, "127.0.0.1", {}, 403),
        ({"METRICS_NETWORKS": "192.0.2.0/24"}, "192.0.2.1", {"X_Real_IP": "198.51.100.1"}, 403),
        ({"METRICS_NETWORKS": ""}, "127.0.0.1", {}, 403),
        ({"METRICS_TOKEN": METRICS_TOKEN}, "127.0.0.1", {}, 403),
        ({"METRICS_TOKEN": METRICS_TOKEN}, "192.0.2.7", {"Authorization": METRICS_TOKEN}, 403),
        (
            {"METRICS_TOKEN": METRICS_TOKEN},
            "192.0.2.7",
            {"Authorization": f"Bearer {METRICS_TOKEN}"},
            200,
        ),
    ],
)
def test_metrics_are_for_whom_a_setting_names(
    make: Make,
    environ: dict[str, str],
    peer: str,
    headers: dict[str, str],
    status: int,
) -> None:
    """By default for this machine, and not for whom a proxy on it speaks for."""
    site = make(**environ)
    assert site.send("GET", "/metrics", peer, **headers).status_code == status
    assert site.send("HEAD", "/metrics", peer, **headers).status_code == status
    assert site.send("GET", "/health/live", peer, **headers).status_code == 200


@pytest.mark.parametrize(
    "environ",
    [{"METRICS_TOKEN": "short"}, {"METRICS_NETWORKS": "here"}, {"TRUSTED_PROXIES": "there"}],
)
def test_settings_that_protect_nothing_stop_the_start(make: Make, environ: dict[str, str]) -> None:
    """With the name of the variable."""
    with pytest.raises(ConfigError, match=next(iter(environ))):
        make(**environ)


# --- HEAD -----------------------------------------------------------------------------------------


def test_a_head_request_has_no_effect(make: Make) -> None:
    """It needs the same token, and sets no cookie."""
    site = make()
    answer = site.send("HEAD", "/effect")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "set-cookie" not in answer.headers
    assert site.asked == ["auth.identify"]
    assert site.send("HEAD", "/effect", Authorization="none").status_code == 401
    assert site.send("HEAD", "/plain").status_code == 200
    assert site.asked[1:] == ["auth.show_config"]


def test_every_get_that_writes_is_declared_to_have_an_effect() -> None:
    """The methods of services know whether they write."""
    for route in ROUTES:
        module = import_module(f"services.{route.service}.service")
        method = getattr(getattr(module, f"{route.service.capitalize()}Service"), route.function)
        entrypoints = (e for e in method.nameko_entrypoints if isinstance(e, Method))
        writes = any(entrypoint.writes for entrypoint in entrypoints)
        assert route.effect == (route.method == "GET" and writes), route.path


# --- bots, and the second factor ------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), [(row.method, row.path) for row in ROWS[2:]])
def test_routes_about_the_caller_are_for_people(make: Make, method: str, path: str) -> None:
    """Whatever the service would answer."""
    site = make()
    bot = token("b", identity_type="bot")
    assert site.send(method, path, Authorization=f"Bearer {bot}").status_code == 403
    assert site.send(method, path).status_code == 200
    assert site.send("GET", "/plain", Authorization=f"Bearer {bot}").status_code == 200


def test_a_session_whose_account_lacks_its_factor_is_confined(make: Make) -> None:
    """From one request to the next, and no longer than that."""
    site = make()
    site.headers = {"restricted": "1"}
    refused = site.send("GET", "/plain")
    assert refused.status_code == 403
    assert refused.json["two_factor_authentication_required"] is True
    site.headers = {}
    assert site.send("GET", "/plain").status_code == 200
    assert "auth.show_config" in site.asked


# --- CORS -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://elsewhere.example.com"}])
def test_answers_vary_by_origin_where_origins_are_allowed(
    make: Make, headers: dict[str, str]
) -> None:
    """Those to other origins and errors, too: a cache must not mix them up."""
    site = make(CORS_ORIGINS="https://here.example.com")
    for path in ("/plain", "/health/live", "/nowhere"):
        assert "Origin" in site.send("GET", path, **headers).headers.get("vary", "")
    closed = make()
    assert "Origin" not in closed.send("GET", "/plain", **headers).headers.get("vary", "")
