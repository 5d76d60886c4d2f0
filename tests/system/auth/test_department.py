"""Departments of people, and the public configuration."""

from __future__ import annotations

import requests

from tests.running import Caller, System
from tests.system.callers import logged_payloads, statuses
from tests.world import World

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_joining_and_leaving_a_department_are_idempotent(world: World, admin: Caller) -> None:
    """Each change emits an event."""
    person = world.people["vendor"]
    path = f"/actions/persons/{person}/departments"
    for _ in range(2):
        response = admin.post(f"{path}/add", {"department_id": world.department})
        assert response.status_code == 201
        assert response.json()["departments"] == [world.department]
        assert "password" not in response.json()
    for _ in range(2):
        assert admin.delete(f"{path}/{world.department}").status_code == 204
    assert admin.get(f"/data/persons/{person}").json()["departments"] == []
    assert logged_payloads(admin, "person:update", 4) == [{"person_id": person}] * 4


def test_only_administrators_change_departments(system: System, world: World) -> None:
    """Callers in order: admin, manager, supervisor, artist, client, vendor, stranger."""
    path = f"/actions/persons/{world.people['vendor']}/departments"
    body = {"department_id": world.department}
    assert statuses(system, world, "POST", f"{path}/add", body) == [201] + [403] * 6
    assert statuses(system, world, "DELETE", f"{path}/{world.department}") == [204] + [403] * 6


def test_an_unknown_person_or_department_is_not_found(world: World, admin: Caller) -> None:
    """Either of them."""
    body = {"department_id": world.department}
    for person in (NOWHERE, "x"):
        path = f"/actions/persons/{person}/departments"
        assert admin.post(f"{path}/add", body).status_code == 404
        assert admin.delete(f"{path}/{world.department}").status_code == 404
    path = f"/actions/persons/{world.admin}/departments"
    for given in (NOWHERE, "x"):
        response = admin.post(f"{path}/add", {"department_id": given})
        assert response.json()["message"] == f"Department with id {given} not found"
        assert admin.delete(f"{path}/{given}").status_code == 404
    missing = admin.post(f"{path}/add", {})
    assert missing.json()["data"]["errors"][0]["field"] == "department_id"


def test_the_config_is_public_and_reflects_the_organisation(
    system: System, world: World, admin: Caller
) -> None:
    """It contains no third-party service."""
    response = requests.get(f"{system.base}/config", timeout=10)
    assert response.status_code == 200
    assert response.json() == {
        "is_self_hosted": True,
        "crisp_token": "",
        "dark_theme_by_default": False,
        "indexer_configured": True,
        "saml_enabled": False,
        "saml_idp_name": "",
        "oidc_enabled": False,
        "oidc_idp_name": "",
        "default_locale": "en_US",
        "default_timezone": "Europe/Paris",
        "enforce_2fa": False,
        "preview_accounts_enabled": True,
        "movie_highdef_bitrate": 28,
        "movie_lowdef_bitrate": 6,
    }
    organisation = admin.get("/data/organisations").json()[0]["id"]
    admin.put(f"/data/organisations/{organisation}", {"dark_theme_by_default": True})
    # Who wrote sees it; others do as soon as the gateways have heard of it.
    assert admin.get("/config").json()["dark_theme_by_default"] is True
