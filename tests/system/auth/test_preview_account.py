"""The preview account of a production, over HTTP."""

from __future__ import annotations

import requests

from tests.running import Caller, System, until
from tests.system.callers import logged_payloads
from tests.world import World


def test_somebody_looks_at_a_production_while_it_is_open(
    system: System, admin: Caller, world: World
) -> None:
    """They see it as its client, change nothing, and are out when it is closed."""
    path = f"/data/projects/{world.project}/preview-account"
    nobody = admin.put(path, {"is_open": True})
    assert (nobody.status_code, nobody.json()) == (
        404,
        {"error": True, "message": "404 Not Found: No preview account for this project"},
    )
    assert admin.get(path).json() is None
    made = admin.post(path, {})
    assert made.status_code == 201
    account = made.json()
    team = admin.get(f"/data/projects/{world.project}?relations=true").json()["team"]
    assert account["id"] in team
    (told,) = logged_payloads(admin, "project:update")
    assert told["project_id"] == world.project
    assert account["id"] not in {row["id"] for row in admin.get("/data/persons").json()}
    credentials = {name: account[name] for name in ("email", "password")}
    assert (
        requests.post(f"{system.base}/auth/login", json=credentials, timeout=20).status_code >= 400
    )
    assert admin.put(path, {"is_open": True}).status_code == 200
    session = requests.post(f"{system.base}/auth/login", json=credentials, timeout=20).json()
    guest = Caller(system.base, session["access_token"])
    seen = guest.get("/data/projects/open").json()
    assert [row["id"] for row in seen] == [world.project]
    assert guest.get("/data/persons").status_code == 200
    for method, place in (
        ("POST", f"/data/projects/{world.project}/concepts"),
        ("PUT", f"/data/persons/{account['id']}"),
        ("PUT", "/auth/totp"),
        ("DELETE", path),
    ):
        assert guest.send(method, place, {}).status_code == 403, place
    assert guest.send("HEAD", "/data/projects/open").status_code == 200
    assert admin.put(path, {"is_open": False}).status_code == 200
    # The gateway forgets who they are when it hears of it.
    until(lambda: guest.get("/data/projects/open").status_code == 401, what="their end")
    assert admin.delete(path).status_code == 204
    assert admin.get(path).json() is None
