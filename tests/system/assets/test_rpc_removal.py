"""Several entities removed by one request."""

from __future__ import annotations

import pytest

from tests.running import Caller, System
from tests.show import Show
from tests.system.callers import statuses


@pytest.fixture
def show(system: System) -> Show:
    """A series whose tree is worked on, and where the artist made the boat."""
    found = Show()
    found.assign("artist", found.prop)
    boat = next(row for row in found.tables["entity"] if row["id"] == found.boat)
    boat["created_by"] = found.people["artist"]
    system.load(found.tables)
    return found


def test_what_was_worked_on_is_set_aside_and_the_rest_goes(show: Show, admin: Caller) -> None:
    """With ``force`` all of it goes; what isn't the production's or no such kind is left alone."""
    path = f"/actions/projects/{show.project}/delete-entities"
    ids = [show.prop, show.boat, show.foreign, show.opening]
    assert set(admin.post(path, ids).json()) == {show.prop, show.boat}
    assert admin.get(f"/data/assets/{show.prop}").json()["canceled"] is True
    assert admin.get(f"/data/assets/{show.boat}").status_code == 404
    assert admin.get(f"/data/assets/{show.foreign}").status_code == 200
    assert admin.get(f"/data/sequences/{show.opening}").status_code == 200
    assert admin.post(f"{path}?force=true", ids).json() == [show.prop]
    assert admin.get(f"/data/assets/{show.prop}").status_code == 404


def test_one_that_is_not_the_callers_refuses_all(system: System, show: Show) -> None:
    """So nothing is half removed; what they made themselves they may."""
    artist = system.caller(show.people["artist"])
    path = f"/actions/projects/{show.project}/delete-entities"
    assert artist.post(path, [show.boat, show.shots[0]]).status_code == 403
    assert artist.get(f"/data/assets/{show.boat}").status_code == 200
    assert artist.post(path, [show.boat]).json() == [show.boat]


def test_removing_many_is_checked(system: System, show: Show, admin: Caller) -> None:
    """Rights by role, and the body's form."""
    path = f"/actions/projects/{show.project}/delete-entities"
    codes = statuses(system, show, "POST", path, [show.shots[0]])
    assert codes == [200, 200, 200, 200, 200, 200, 403], "the shot was gone after the first"
    for body in ({}, ["x"]):
        assert admin.post(path, body).status_code == 400
