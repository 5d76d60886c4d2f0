"""Which ids stand in a route's path at a place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from deploy.docs.declarations import resources
from gateway.routes.table import Route
from tests.rights.people import Person
from tests.rights.places import ASSIGNED, ELSEWHERE, FURNISHED, NOWHERE, STUDIO, Ids, Place
from tests.rights.studio import KINDS, Studio

TABLES: Final = {path: resource.table.name for path, resource in resources().items()}
#: What the id after a segment of a path is the id of, where that is no resource's path.
SEGMENTS: Final = {
    **TABLES,
    **{f"{kind}s": kind for kind in KINDS},
    "asset-types": "entity_type",
    "concept-folders": "concept_folder",
    "chats": "entity",
    "messages": "chat_message",
    "attachments": "attachment_file",
    "reply": "reply",
    "filters": "search_filter",
    "filter-groups": "search_filter_group",
    "notifications": "notification",
    "team": "person",
    "news": "news",
    "related-tasks": "task_type",
    "task-statuses": "task_status",
    "from-project": "project",
    "entries": "budget_entry",
    "software-licenses": "software",
    "apply-template": "project_template",
    "dead-letters": "dead_letter",
}
#: By route, where the segment isn't enough.
EXCEPTIONS: Final = {
    "/data/chats/{ident}": "chat",
    "/pictures/preview-files/{ident}": "preview without file",
}
#: By the parameter, where its segment is that of another kind.
PARAMETERS: Final = {"task_type_id": "task_type"}
WORDS: Final = {
    "day": "2026-01-05",
    "year": "2026",
    "month": "1",
    "day_of_month": "5",
    "week": "2",
    "kind": "assets",
    "name": "a.txt",
    "field_name": "shared",
}
#: Routes about a person: their own case is the caller.
ABOUT_PERSONS: Final = ("/data/persons/", "/actions/persons/", "/pictures/thumbnails/persons/")
#: Kinds of which the callers have rows of their own.
OWN_KINDS: Final = frozenset(
    {
        "comment",
        "reply",
        "attachment_file",
        "day_off",
        "search_filter",
        "search_filter_group",
        "time_spent",
        "notification",
        "chat_message",
        "playlist",
    }
)
#: Who asks for what doesn't exist: for others it is the same code.
ASKING_FOR_NOTHING: Final = frozenset({"admin", "manager", "artist", "manager elsewhere"})
PARAMETER: Final = re.compile(r"(?:([^/{}]+)/)?{(\w+)}")


def kinds(route: Route) -> list[str]:
    """The kinds of the ids in a path, in order; fails for a segment that no table here knows."""
    found = []
    for segment, name in PARAMETER.findall(route.path):
        if name not in WORDS:
            found.append(kind_of(route, segment, name))
    return found


def kind_of(route: Route, segment: str, name: str) -> str:
    """The kind of the id that a parameter of a path is."""
    return EXCEPTIONS.get(route.path) or PARAMETERS.get(name) or SEGMENTS[segment]


def places(route: Route, who: Person, world: Studio) -> Iterator[tuple[Place, bool]]:
    """Where somebody tries a route, and whether with rows of their own."""
    if not kinds(route) and route.method != "GET":
        # The ids are in the body.
        yield from ((place, False) for place in FURNISHED)
        return
    if not kinds(route):
        # A list may be narrowed to a production: what it then shows must not differ.
        yield from (
            (place, False)
            for place in ((STUDIO, ASSIGNED, ELSEWHERE) if route.query else (STUDIO,))
        )
        return
    yield from ((place, False) for place in FURNISHED)
    if who.name in ASKING_FOR_NOTHING:
        yield NOWHERE, False
    if is_about_own(route) and who.name in world.own:
        yield ASSIGNED, True


def is_about_own(route: Route) -> bool:
    """Whether its ids may be those of the caller's own rows."""
    if route.path.endswith("/comments/{comment_id}/preview-files/{ident}"):
        # Their own comments have no previews.
        return False
    about_person = route.path.startswith(ABOUT_PERSONS) or "/persons/{person_id}" in route.path
    return about_person or bool(OWN_KINDS & {*kinds(route)})


def ids_at(world: Studio, who: Person, place: Place, *, own: bool) -> Ids:
    """The ids at a place; the caller's own where they have such rows."""
    found = world.ids[place.name]
    return {**found, **world.own[who.name]} if own else found


def path_of(route: Route, ids: Ids, place: Place) -> str:
    """The path with these ids, and a query that names the production."""

    def fill(match: re.Match[str]) -> str:
        segment, name = match.group(1) or "", match.group(2)
        value = WORDS.get(name) or ids[kind_of(route, segment, name)]
        ending = ".mp4" if segment and "/movies/" in route.path else ".png"
        return f"{segment}/{value}{ending if name == 'file' else ''}".removeprefix("/")

    path = PARAMETER.sub(fill, route.path)
    if route.function == "remove_shared_descriptor":
        return f"{path}?entity_type=Edit"
    narrowed = not kinds(route) and place is not STUDIO
    return f"{path}?project_id={ids['project']}" if narrowed else path
