"""Recorded exchanges of the reference server, replayed against ours.

Every exchange whose route we serve is replayed: its rows are loaded, a token is signed for the
acting person, the request is sent, and status and body are compared. Where the contract departs
from the reference on purpose, ``DEPARTURES`` says so and why.
"""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from gateway.routes import ROUTES
from tests.contracts.recorded.compare import collect_known, compare
from tests.system import System, token_for

HERE = Path(__file__).parent / "recorded"
#: What the contract wants otherwise than the reference did it: paths not compared, by route.
DEPARTURES = {
    # a vendor is shown the real kind too, where the reference says Entity
    ("GET", "/data/projects/<project_id>/episodes"): ["$[*].type"],
    ("GET", "/data/projects/<project_id>/sequences"): ["$[*].type"],
    ("POST", "/data/shots/<shot_id>/asset-instances"): ["$.type"],
}


def _served(method: str, rule: str) -> bool:
    pattern = re.sub(r"<[^>]+>", "{}", rule.rstrip("/"))
    return any(
        route.method == method and re.sub(r"\{[^}]+\}", "{}", route.path) == pattern
        for route in ROUTES
    )


def _exchanges() -> list[Any]:
    with gzip.open(HERE / "exchanges.jsonl.gz", "rt") as lines:
        found = [json.loads(line) for line in lines]
    return [
        pytest.param(e, id=f"{e['i']}-{e['request']['method']}-{e['rule']}")
        for e in found
        if _served(e["request"]["method"], e["rule"])
    ]


@pytest.fixture(scope="session")
def states() -> dict[str, Any]:
    """The rows before each exchange."""
    with gzip.open(HERE / "states.jsonl.gz", "rt") as lines:
        return {state["id"]: state["tables"] for state in map(json.loads, lines)}


def expected_status(exchange: dict[str, Any]) -> int:
    """The status the contract decides on: a create by generic CRUD answers 200."""
    request, status = exchange["request"], exchange["response"]["status"]
    path = request["path"].partition("?")[0]
    served = any(route.path == path.rstrip("/") and route.fixed for route in ROUTES)
    if status == 201 and request["method"] == "POST" and served:
        return 200
    return int(status)


def forget_moments_around(now: str, known: set[str]) -> None:
    """Rows made in the second of the request have times that a write may legitimately repeat."""
    moment = datetime.fromisoformat(now)
    for offset in range(-3, 4):
        known.discard((moment + timedelta(seconds=offset)).isoformat(timespec="seconds"))


def revoked(exchange: dict[str, Any]) -> dict[str, Any]:
    """The tokens that had been given up before the exchange."""
    tokens = (exchange.get("kv") or {}).get("auth_tokens", {})
    return {"revoked_token": [{"jti": jti, "expires_at": "2100-01-01"} for jti in tokens]}


def send(system: System, exchange: dict[str, Any]) -> requests.Response:
    """The recorded request, with a token of ours."""
    request = exchange["request"]
    headers = dict(request.get("headers") or {})
    for token in request.get("tokens") or []:
        claims = token.get("claims")
        if claims is None:
            headers["Authorization"] = f"Bearer {token['raw']}"
            continue
        kept = {k: v for k, v in claims.items() if k not in {"iat", "nbf", "exp", "sub", "type"}}
        headers["Authorization"] = f"Bearer {token_for(claims['sub'], claims['type'], **kept)}"
    body: dict[str, Any] = {}
    if "json" in request:
        body["json"] = request["json"]
    if "form" in request:
        body["data"] = request["form"]
    if headers.get("Content-Type", "").startswith("multipart/"):
        headers.pop("Content-Type")
    return requests.request(
        request["method"], system.base + request["path"], headers=headers, timeout=20, **body
    )


@pytest.mark.parametrize("exchange", _exchanges())
def test_answers_as_recorded(
    system: System, states: dict[str, Any], exchange: dict[str, Any]
) -> None:
    """Status and body are those of the reference, but for the decided departures."""
    tables = {**states[exchange["state"]], **revoked(exchange)}
    system.load(tables)
    known: set[str] = set()
    collect_known(tables, known)
    collect_known(exchange["request"], known)
    forget_moments_around(exchange["now"], known)

    now = datetime.now(UTC).replace(tzinfo=None)
    got = send(system, exchange)

    assert got.status_code == expected_status(exchange), got.text[:500]
    want = exchange["response"].get("json")
    if want is None:
        assert got.content == b"" or exchange["response"].get("text")
        return
    aside = DEPARTURES.get((exchange["request"]["method"], exchange["rule"]), [])
    clock = (exchange["now"], now.isoformat())
    differences = compare(want, got.json(), known=known, clock=clock, ignore=aside)
    assert not differences, differences
