"""The rules of productions: what a new one starts with, when one may go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.contracts.crud import ProjectPrepared
from services.common.crud.validation import BadValue, parse_id
from services.common.database.tables import table_of
from services.common.errors import Integrity, InvalidInput, Refused
from services.crud import models as m

OPEN, CLOSED = "Open", "Closed"
STATUS_COLOR: Final = "#000000"
RESOLUTION: Final = re.compile(r"(\d+)?x\d+")
TV_SHOW: Final = "tvshow"

STATUS_NAME: Final = (
    sa.select(m.ProjectStatus.name)
    .where(m.ProjectStatus.id == m.Project.project_status_id)
    .correlate(m.Project)
    .scalar_subquery()
)
TEMPLATE_LISTS: Final = (
    (m.ProjectTemplateTaskTypeLink, m.ProjectTaskTypeLink, ("task_type_id", "priority")),
    (
        m.ProjectTemplateTaskStatusLink,
        m.ProjectTaskStatusLink,
        ("task_status_id", "priority", "roles_for_board"),
    ),
)
TEMPLATE_TABLES: Final = (
    ("project_template_asset_type_link", "project_asset_type_link", "asset_type_id"),
    (
        "project_template_status_automation_link",
        "project_status_automation_link",
        "status_automation_id",
    ),
    (
        "project_template_preview_background_file_link",
        "project_preview_background_file_link",
        "preview_background_file_id",
    ),
)
NOT_COPIED: Final = frozenset(
    {
        "id",
        "created_at",
        "updated_at",
        "name",
        "description",
        "metadata_descriptors",
    }
)


def is_open(status: str | None) -> bool:
    """Whether a production of that status is being worked on."""
    return status is not None and status.lower() == OPEN.lower()


def prepare(_work: Any, body: Mapping[str, Any], _ident: UUID | None) -> UUID | None:
    """The template's id in the body. Raises InvalidInput."""
    ident = body.get("project_template_id")
    if ident is None:
        return None
    try:
        return parse_id(ident)
    except BadValue:
        message = "project_template_id must be a valid UUID"
        raise InvalidInput(message) from None


def on_create(work: Any, values: dict[str, Any], body: Mapping[str, Any]) -> None:
    """A new production is Open unless it says, and takes from its template what it doesn't say."""
    _check_resolution(values)
    if work.prepared is not None:
        template = _template(work, work.prepared)
        for name, value in template.items():
            if name in values and body.get(name) is None:
                values[name] = value
    if values["project_status_id"] is None:
        values["project_status_id"] = _open_status(work)


def created(work: Any, row: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Link what the template links; tell the other services what to start it with."""
    descriptors: list[dict[str, Any]] = []
    if work.prepared is not None:
        _copy_links(work, work.prepared, row["id"], body)
        descriptors = _template(work, work.prepared)["metadata_descriptors"] or []
    episode = uuid4() if row["production_type"] == TV_SHOW else None
    work.prepared = episode
    work.tx.emit(
        ProjectPrepared(project_id=row["id"], first_episode_id=episode, descriptors=descriptors)
    )


def first_episode(work: Any, rows: list[dict[str, Any]], _verb: str) -> None:
    """TV shows tell the id of the episode they start with."""
    for shown in rows:
        if shown["production_type"] == TV_SHOW and isinstance(work.prepared, UUID):
            shown["first_episode_id"] = str(work.prepared)


def on_update(
    work: Any, row: Mapping[str, Any], values: dict[str, Any], _body: Mapping[str, Any]
) -> None:
    """The same checks; a production that becomes a TV show gets its first episode."""
    _check_resolution(values)
    becomes = values.get("production_type") == TV_SHOW and row["production_type"] != TV_SHOW
    work.prepared = uuid4() if becomes else None
    if becomes:
        work.tx.emit(ProjectPrepared(project_id=row["id"], first_episode_id=work.prepared))


def on_delete(work: Any, row: Mapping[str, Any], _force: bool) -> None:
    """Raise Refused while the production is open."""
    status = sa.select(m.ProjectStatus.name).where(m.ProjectStatus.id == row["project_status_id"])
    if is_open(work.tx.session.scalar(status)):
        message = "Only closed projects can be deleted"
        raise Refused(message)


def check_template_name(work: Any, values: dict[str, Any], _body: Mapping[str, Any]) -> None:
    """Template names are unique. Raises Integrity."""
    _refuse_template_name(work, values["name"], None)


def check_template_rename(
    work: Any, row: Mapping[str, Any], values: dict[str, Any], _body: Mapping[str, Any]
) -> None:
    """Template names stay unique. Raises Integrity."""
    if "name" in values:
        _refuse_template_name(work, values["name"], row["id"])


def _refuse_template_name(work: Any, name: str, own: UUID | None) -> None:
    taken = sa.select(m.ProjectTemplate.id).where(m.ProjectTemplate.name == name)
    if own is not None:
        taken = taken.where(m.ProjectTemplate.id != own)
    if work.tx.session.scalar(taken):
        message = "A project template with this name already exists"
        raise Integrity(message)


def _check_resolution(values: Mapping[str, Any]) -> None:
    resolution = values.get("resolution")
    if resolution and not RESOLUTION.fullmatch(resolution):
        message = f"Invalid resolution {resolution}. Expected format: '1920x1080' or 'x1080'."
        raise InvalidInput(message)


def _open_status(work: Any) -> UUID:
    """The id of the status Open; on first need it is made, and Closed for the end."""
    status = m.ProjectStatus
    known = sa.select(status.id).where(sa.func.lower(status.name) == OPEN.lower()).limit(1)
    found = work.tx.session.scalar(known)
    if found is None:
        rows = [{"id": uuid4(), "name": name, "color": STATUS_COLOR} for name in (OPEN, CLOSED)]
        work.tx.session.execute(insert(status).values(rows).on_conflict_do_nothing())
        found = work.tx.session.scalar(known)
    return UUID(str(found))


def _template(work: Any, ident: UUID) -> dict[str, Any]:
    table = table_of(m.ProjectTemplate)
    row = work.tx.session.execute(sa.select(table).where(table.c.id == ident)).mappings().first()
    if row is None:
        message = f"Project template with id {ident} not found"
        raise InvalidInput(message)
    return {
        name: row[name] for name in row if name not in NOT_COPIED or name == "metadata_descriptors"
    }


def _copy_links(work: Any, template: UUID, project: UUID, body: Mapping[str, Any]) -> None:
    """Copy the template's links, but for the lists that the body gave itself."""
    names = {
        "task_type_id": "task_types",
        "task_status_id": "task_statuses",
        "asset_type_id": "asset_types",
        "status_automation_id": "status_automations",
        "preview_background_file_id": "preview_background_files",
    }
    for source, target, columns in TEMPLATE_LISTS:
        if body.get(names[columns[0]]) is None:
            rows = work.tx.session.execute(
                sa.select(*(table_of(source).c[name] for name in columns)).where(
                    table_of(source).c.project_template_id == template
                )
            ).mappings()
            for row in rows:
                work.tx.session.add(target(project_id=project, **row))
    tables = work.metadata.tables
    for source_name, target_name, column in TEMPLATE_TABLES:
        if body.get(names[column]) is None:
            source = tables[source_name]
            chosen = sa.select(sa.literal(project, sa.Uuid), source.c[column]).where(
                source.c.project_template_id == template
            )
            copied = sa.insert(tables[target_name]).from_select(["project_id", column], chosen)
            work.tx.session.execute(copied)
