"""How operations are called: their ids, their summaries, and what they do in a sentence or two."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from functools import cache
from typing import Final

from deploy.docs.declarations import resource_of, resources, service_class
from gateway.routes import ROUTES
from gateway.routes.table import Route
from services.common.crud.resource import Resource

VERBS: Final = {
    "list_rows": "list",
    "create_row": "create",
    "read_row": "read",
    "update_row": "update",
    "delete_row": "delete",
}
#: Words of generic CRUD's summaries, by its function.
SENTENCES: Final = {
    "list_rows": "List {many}",
    "create_row": "Create {one}",
    "read_row": "Read {one}",
    "update_row": "Update {one}",
    "delete_row": "Delete {one}",
}
#: What a docstring tells the service's readers only.
FOR_SERVICES: Final = re.compile(
    r"(?:^|(?<=[.;]) )(?:Raises|Emits|Returns)\b[^`.]*(?:``.*?``[^`.]*)*\.?"
)
#: Verbs of functions that read, and how a summary begins whose docstring only names the thing.
READING: Final = {
    "list": "List",
    "read": "Read",
    "show": "Show",
    "send": "Download",
    "download": "Download",
    "is": "Tell",
}
IRREGULAR: Final = {
    "status": "status",
    "statuses": "status",
    "news": "news",
    "persons": "person",
    "entities": "entity",
}
#: Segments of paths that tell no more than the method does.
SAYS_NOTHING: Final = frozenset({"data", "actions", "new", "settings"})
#: Segments that say which of the things before them are meant.
MODIFIERS: Final = {
    "all": "all_{}",
    "open": "open_{}",
    "with_tasks": "{}_with_tasks",
    "shared_used": "shared_{}_used",
    "last_revisions": "last_{}",
}
PERIODS: Final = {
    "day": "on_day",
    "week": "in_week",
    "month": "in_month",
    "year": "in_year",
}
#: Names of operations whose path or RPC method tells too little.
NAMED: Final = {
    "GET /events": "poll_events",
    "GET /events/stream": "stream_events",
    "GET /auth/refresh-token": "renew_access_token",
    "GET /auth/fido": "create_fido_challenge",
    "PUT /auth/fido": "prepare_security_key",
    "POST /actions/persons/{ident}/reset-password-link": "mail_reset_link_of_person",
    "GET /actions/persons/{ident}/invite": "mail_invitation_of_person",
    "POST /data/user/desktop-login-logs": "log_own_desktop_login",
    "POST /data/persons/{ident}/desktop-login-logs": "log_desktop_login_of_person",
    "DELETE /actions/persons/{ident}/clear-avatar": "clear_avatar_of_person",
    "DELETE /actions/user/clear-avatar": "clear_own_avatar",
    "GET /pictures/thumbnails/persons/{file}": "send_avatar_of_person",
    "POST /pictures/thumbnails/persons/{ident}": "upload_avatar_of_person",
    "GET /pictures/thumbnails/organisations/{file}": "send_avatar_of_organisation",
    "POST /pictures/thumbnails/organisations/{ident}": "upload_avatar_of_organisation",
    "GET /pictures/thumbnails/projects/{file}": "send_avatar_of_project",
    "POST /pictures/thumbnails/projects/{ident}": "upload_avatar_of_project",
    "GET /pictures/thumbnails/preview-files/{file}": "send_thumbnail_of_preview_file",
    "GET /pictures/thumbnails-square/preview-files/{file}": "send_square_of_preview_file",
    "GET /pictures/previews/preview-files/{file}": "send_picture_of_preview_file",
    "GET /pictures/originals/preview-files/{ident}/download": "download_original_of_preview_file",
    "GET /movies/originals/preview-files/{ident}/download": "download_movie_of_preview_file",
    "GET /movies/originals/preview-files/{file}": "send_movie_of_preview_file",
    "GET /movies/low/preview-files/{file}": "send_low_movie_of_preview_file",
    "GET /movies/source/preview-files/{file}": "send_source_movie_of_preview_file",
    "POST /actions/tasks/batch-comment": "comment_tasks",
    "POST /actions/tasks/{task_id}/batch-comment": "comment_tasks_from_task",
    "POST /actions/projects/{project_id}/task-types/{task_type_id}/create-tasks/{kind}": (
        "create_tasks"
    ),
    "POST /actions/projects/{project_id}/task-types/{task_type_id}/{kind}/create-tasks": (
        "create_tasks_of_kind"
    ),
    "POST /actions/tasks/{task_id}/time-spents/{day}/persons/{person_id}": "set_time_spent",
    "POST /actions/tasks/{task_id}/time-spents/{day}/persons/{person_id}/add": "add_time_spent",
    "GET /actions/tasks/{task_id}/time-spents": "list_time_spents_of_task",
    **{
        f"GET /data/persons/{{person_id}}/quota-shots/{path}": f"list_quota_shots_{when}"
        for path, when in (
            ("day/{year}/{month}/{day_of_month}", "on_day"),
            ("week/{year}/{week}", "in_week"),
            ("month/{year}/{month}", "in_month"),
        )
    },
    "GET /data/projects/{project_id}/settings/task-types": "list_task_types_in_settings_of_project",
    "POST /data/entities/{ident}/output-files/new": "create_output_file_of_entity",
    "POST /data/entities/{ident}/output-files/next-revision": "read_next_output_revision_of_entity",
    "POST /data/asset-instances/{ident}/entities/{temporal_id}/output-files/new": (
        "create_output_file_of_asset_instance"
    ),
    "POST /data/asset-instances/{ident}/entities/{temporal_id}/output-files/next-revision": (
        "read_next_output_revision_of_asset_instance"
    ),
    "POST /data/projects/{project_id}/settings/batch": "choose_many_of_project",
    "POST /actions/projects/{project_id}/task-type-links/reorder": (
        "reorder_task_type_links_of_project"
    ),
    "POST /actions/projects/{project_id}/task-status-links/reorder": (
        "reorder_task_status_links_of_project"
    ),
    "POST /actions/project-templates/{template_id}/task-types/reorder": (
        "reorder_task_types_of_project_template"
    ),
    "POST /actions/project-templates/{template_id}/task-statuses/reorder": (
        "reorder_task_statuses_of_project_template"
    ),
    "POST /data/project-templates/from-project/{project_id}": "create_project_template_of_project",
    "POST /data/departments/{department_id}/hardware-items": "add_hardware_item_of_department",
    "DELETE /data/departments/{department_id}/hardware-items/{ident}": (
        "remove_hardware_item_of_department"
    ),
    "POST /data/departments/{department_id}/software-licenses": (
        "add_software_license_of_department"
    ),
    "DELETE /data/departments/{department_id}/software-licenses/{ident}": (
        "remove_software_license_of_department"
    ),
    "GET /data/projects/{project_id}/schedule-items/{task_type_id}/asset-types": (
        "list_scheduled_asset_types_of_project"
    ),
    "GET /data/projects/{project_id}/schedule-items/{task_type_id}/edits": (
        "list_scheduled_edits_of_project"
    ),
    "GET /data/projects/{project_id}/schedule-items/{task_type_id}/episodes": (
        "list_scheduled_episodes_of_project"
    ),
    "GET /data/projects/{project_id}/schedule-items/{task_type_id}/sequences": (
        "list_scheduled_sequences_of_project"
    ),
}


def singular(plural: str) -> str:
    """``entries`` → ``entry``; of several words, the last."""
    head, dash, last = plural.rpartition("_")
    if last in IRREGULAR:
        return head + dash + IRREGULAR[last]
    if last.endswith("ies"):
        return head + dash + last.removesuffix("ies") + "y"
    return head + dash + last.removesuffix("s")


def words(text: str) -> str:
    """A path's segment as part of a name: ``task-types`` → ``task_types``."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def operation_id(route: Route) -> str:
    """The name of the operation, and so of the function in a generated client.

    It is the RPC method's, or made from the path where several routes call one method. The snapshot
    of a release holds it, as clients depend on it: to keep an old name, put it into ``NAMED``.
    """
    if name := NAMED.get(f"{route.method} {route.path}"):
        return name
    resource = resource_of(route, resources())
    if resource is not None and route.function in VERBS:
        plural, verb = words(resource.path), VERBS[route.function]
        return f"{verb}_{plural if verb == 'list' else singular(plural)}"
    return _by_path(route) if _is_shared(route) else route.function


def _is_shared(route: Route) -> bool:
    """Whether the name of its RPC method is another operation's, too."""
    return _calls()[route.function] > 1 or route.function in _crud_names()


@cache
def _calls() -> Counter[str]:
    return Counter(route.function for route in ROUTES)


@cache
def _crud_names() -> frozenset[str]:
    """The names of generic CRUD's operations."""
    plurals = [words(path) for path in resources()]
    return frozenset(
        f"{verb}_{plural if verb == 'list' else singular(plural)}"
        for plural in plurals
        for verb in VERBS.values()
    )


def _by_path(route: Route) -> str:
    """``GET /data/shots/{ident}/tasks`` → ``list_tasks_of_shot``."""
    parts: list[str] = []
    before = after = ""
    for segment in map(words, route.path.strip("/").split("/")):
        if segment in PERIODS:
            after = f"_{PERIODS[segment]}"
        elif segment == "user":
            before = "own_"
        elif segment in MODIFIERS:
            parts[-1] = parts[-1] if after else MODIFIERS[segment].format(parts[-1])
        elif f"{{{segment}}}" in route.path and segment not in parts:
            parts[-1] = parts[-1] if after else singular(parts[-1])
        elif segment not in SAYS_NOTHING:
            parts.append(segment)
    if route.method == "POST":
        parts[-1] = singular(parts[-1])
    verb = route.function.partition("_")[0]
    return f"{verb}_{before}{'_of_'.join(reversed(parts))}{after}"


def summary(route: Route, resource: Resource | None) -> str:
    """What the operation does, as a command."""
    key = f"{route.method} {route.path}"
    if resource is not None and route.function in SENTENCES:
        many = words(resource.path)
        one = _with_article(singular(many).replace("_", " "))
        return SENTENCES[route.function].format(many=many.replace("_", " "), one=one)
    if key in NAMED or _is_shared(route):
        return _spelled(operation_id(route))
    first = re.split(r"[.:;](?:\s|$)|, (?:as|by|without|with) ", description(route))[0]
    verb = READING.get(route.function.partition("_")[0])
    if verb is None or first.startswith(verb):
        return first
    return f"{verb} {first[0].lower()}{first[1:]}"


def _spelled(name: str) -> str:
    """``list_tasks_of_shot`` → ``List tasks of a shot``."""
    verb, _, rest = name.partition("_")
    things = [_spelled_thing(thing.replace("_", " ")) for thing in rest.split("_of_")]
    return f"{READING.get(verb, verb.capitalize())} {' of '.join(things)}"


def _spelled_thing(thing: str) -> str:
    first, _, rest = thing.partition(" ")
    if first == "own":
        return f"the caller's {rest}"
    noun = re.split(r" (?:in|on|with|used|to) ", thing)[0]
    is_many = singular(noun.replace(" ", "_")) != noun.replace(" ", "_") or first in {"all", "time"}
    return thing if is_many else _with_article(thing)


def _with_article(thing: str) -> str:
    return f"{'an' if thing[0] in 'aeio' else 'a'} {thing}"


def description(route: Route) -> str:
    """What the operation does: its RPC method's docstring, without what services need only."""
    text = inspect.getdoc(getattr(service_class(route.service), route.function)) or ""
    paragraphs = " ".join(text.split())
    return FOR_SERVICES.sub("", paragraphs).replace("``", "`").strip()
