"""Recorded exchanges of the reference server, replayed against ours.

Every exchange whose route we serve is replayed: its rows are loaded, a token is signed for the
acting person, the request is sent, and status and body are compared. Where the contract departs
from the reference on purpose, ``DEPARTURES`` says so and why.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
import requests
from PIL import Image

from gateway.routes import ROUTES
from tests.running import System, token_for
from tests.system.contracts.recorded.compare import Difference, collect_known, compare

#: Fields that the reference got after the recording: ours have them besides.
LATER = frozenset(
    {
        "hd_bitrate_compression",
        "ld_bitrate_compression",
        "is_client_stats_visible",
        "is_client_task_list_visible",
        "is_client_task_panel_visible",
        "is_client_visible",
        "is_client_allowed",
        "link_is_client_allowed",
        "task_type_links",
        "preview_accounts_enabled",
        "movie_highdef_bitrate",
        "movie_lowdef_bitrate",
        "preview_project_id",
        "preview_opened_at",
        "preview_open_until",
    }
)
#: Since then null: those of the server's settings.
BIT_RATES = ["$.hd_bitrate_compression", "$.ld_bitrate_compression"]
HERE = Path(__file__).parent / "recorded"
#: What the contract wants otherwise than the reference did it: paths not compared, by route.
DEPARTURES = {
    # a refused value is told with the name of its field
    ("GET", "/data/projects"): ["$.message"],
    ("POST", "/data/projects"): BIT_RATES,
    ("POST", "/data/project-templates"): BIT_RATES,
    # refused, since then with a sentence
    ("POST", "/auth/login"): ["$.message"],
    # since then as in the list of open productions
    ("GET", "/data/projects/<instance_id>"): [
        "$.descriptors",
        "$.first_episode_id",
        "$.task_statuses_link",
        "$.task_types_priority",
    ],
    # since then with departments
    ("POST", "/data/metadata-descriptors/all-projects"): ["$[*].departments"],
    # today
    **{
        ("GET", f"/data/projects/<project_id>/schedule-items/{part}"): ["$[*].start_date"]
        for part in (
            "task-types",
            *(f"<task_type_id>/{kind}" for kind in ("asset-types", "episodes", "sequences")),
            "<task_type_id>/edits",
        )
    },
    # its name is made up
    ("POST", "/actions/tasks/<task_id>/comments/<comment_id>/add-preview"): ["$.name"],
    # a PNG is kept as it came, where the reference wrote it anew
    ("POST", "/pictures/preview-files/<instance_id>"): ["$.file_size"],
}
#: Routes whose lists have no order in the contract, and were recorded in an accidental one. All
#: others keep the order of the recording: mostly that of creation.
UNORDERED = {("GET", "/data/assets/<asset_id>/assets")}


def _served(method: str, rule: str) -> bool:
    pattern = re.sub(r"<[^>]+>", "{}", (rule or "").rstrip("/"))
    return any(
        route.method == method and re.sub(r"\{[^}]+\}", "{}", route.path) == pattern
        for route in ROUTES
    )


def _exchanges() -> list[Any]:
    with gzip.open(HERE / "exchanges.jsonl.gz", "rt") as lines:
        result = [json.loads(line) for line in lines]
    return [
        pytest.param(e, id=f"{e['i']}-{e['request']['method']}-{e['rule']}")
        for e in result
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
    served = any(
        route.path == path.rstrip("/") and route.function == "create_row" for route in ROUTES
    )
    if status == 201 and request["method"] == "POST" and served:
        return 200
    return int(status)


def forget_moments_around(now: str, known: set[str]) -> None:
    """Rows made in the second of the request have times that a write may legitimately repeat."""
    moment = datetime.fromisoformat(now)
    for offset in range(-3, 4):
        known.discard((moment + timedelta(seconds=offset)).isoformat(timespec="seconds"))


def session_state(exchange: dict[str, Any], tables: dict[str, Any]) -> dict[str, Any]:
    """What the reference kept outside its tables: tokens given up, mailed tokens and codes."""
    kept = (exchange.get("kv") or {}).get("auth_tokens", {})
    ids = {person["email"]: person["id"] for person in tables.get("person", [])}
    rows: dict[str, list[dict[str, Any]]] = {"revoked_token": []}
    for key, entry in kept.items():
        if key.startswith("reset-token-"):
            digest = hashlib.sha256(entry["value"].encode()).hexdigest()
            row = {"token_hash": digest, "person_id": ids[key.removeprefix("reset-token-")]}
            rows["reset_token"] = [{**row, "expires_at": "2100-01-01"}]
        elif key.startswith("email-otp-count-"):
            row = {"person_id": ids[key.removeprefix("email-otp-count-")]}
            count = {"email_counter": int(entry["value"]), "email_expires_at": "2100-01-01"}
            rows["factor_state"] = [{**row, **count}]
        else:
            rows["revoked_token"].append({"jti": key, "expires_at": "2100-01-01"})
    return rows


def of_today(exchange: dict[str, Any], tables: dict[str, Any]) -> Any:
    """The recorded JSON body; a time code that was right then is replaced by today's."""
    body = exchange["request"].get("json")
    if not isinstance(body, dict) or not isinstance(body.get("totp"), str):
        return body
    then = datetime.fromisoformat(exchange["now"]).replace(tzinfo=UTC)
    for person in tables.get("person", []):
        if person["totp_secret"] and pyotp.TOTP(person["totp_secret"]).verify(
            body["totp"], for_time=then, valid_window=1
        ):
            return {**body, "totp": pyotp.TOTP(person["totp_secret"]).now()}
    return body


def picture(size: int) -> bytes:
    """A picture as large as the recorded one, whose content was not kept."""
    written = io.BytesIO()
    Image.new("RGB", (180, 101), "teal").save(written, "PNG")
    return written.getvalue().ljust(size, b"\0")


def send(system: System, exchange: dict[str, Any], tables: dict[str, Any]) -> requests.Response:
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
        body["json"] = of_today(exchange, tables)
    if "form" in request:
        body["data"] = request["form"]
    if "files" in request:
        body["files"] = [
            (f["name"], (f["filename"], picture(f["size"]), f["content_type"]))
            for f in request["files"]
        ]
    if headers.get("Content-Type", "").startswith("multipart/"):
        headers.pop("Content-Type")
    return requests.request(
        request["method"], system.base + request["path"], headers=headers, timeout=20, **body
    )


def is_later(difference: Difference) -> bool:
    """Whether it is a field that the reference got after the recording."""
    return difference.kind == "extra" and difference.path.rpartition(".")[2] in LATER


@pytest.mark.parametrize("exchange", _exchanges())
def test_answers_as_recorded(
    system: System, states: dict[str, Any], exchange: dict[str, Any]
) -> None:
    """Status, body and order are those of the reference, but for the decided departures."""
    tables = states[exchange["state"]]
    tables = {**tables, **session_state(exchange, tables)}
    system.load(tables)
    known: set[str] = set()
    collect_known(tables, known)
    collect_known(exchange["request"], known)
    forget_moments_around(exchange["now"], known)

    now = datetime.now(UTC).replace(tzinfo=None)
    got = send(system, exchange, tables)

    assert got.status_code == expected_status(exchange), got.text[:500]
    want = exchange["response"].get("json")
    if want is None:
        assert got.content == b"" or exchange["response"].get("text")
        return
    route = (exchange["request"]["method"], exchange["rule"])
    aside = list(DEPARTURES.get(route, []))
    aside += [f"${path.removeprefix('$.body')}" for path in exchange.get("varies") or []]
    clock = (exchange["now"], now.isoformat())
    differences = compare(
        want, got.json(), known=known, clock=clock, ignore=aside, strict=route not in UNORDERED
    )
    differences = [one for one in differences if not is_later(one)]
    assert not differences, differences
