"""The tasks of schedule versions, written in bulk: one statement, whatever their number."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.crud.validation import known_id
from services.common.database.tables import table_of
from services.common.errors import NotFound
from services.crud.models import ProductionScheduleVersion, ProductionScheduleVersionTaskLink

VERSION: Final = table_of(ProductionScheduleVersion)
LINK: Final = table_of(ProductionScheduleVersionTaskLink)
# What is linked already is overwritten, but for its times; its people are replaced. Only an index
# joins anything to ``given``: until the table is next analyzed, its statistics know no rows of a
# version that was just filled, and two scans of them would be compared row by row. In the order of
# their ids rows fill the indexes page by page.
WRITE: Final = """
WITH given AS MATERIALIZED (
  SELECT coalesce(there.id, gen_random_uuid()) AS id, there.id IS NOT NULL AS is_there,
    coalesce(there.is_same, false) AS is_same, source.*
  FROM ({given}) AS source
  LEFT JOIN LATERAL (
    SELECT link.id, (link.start_date, link.due_date, link.estimation)
      IS NOT DISTINCT FROM (source.start_date, source.due_date, source.estimation) AS is_same
    FROM production_schedule_version_task_link AS link
    WHERE link.production_schedule_version_id = CAST(:version AS uuid)
      AND link.task_id = source.task_id
    OFFSET 0
  ) AS there ON true
  ORDER BY 1
),
written AS (
  INSERT INTO production_schedule_version_task_link
    (id, production_schedule_version_id, task_id, start_date, due_date, estimation)
  SELECT id, CAST(:version AS uuid), task_id, start_date, due_date, estimation
  FROM given WHERE NOT is_same
  ON CONFLICT (production_schedule_version_id, task_id) DO UPDATE SET
    start_date = excluded.start_date, due_date = excluded.due_date,
    estimation = excluded.estimation
),
left_out AS (
  DELETE FROM production_schedule_version_task_link_person_link AS seat
  USING given
  WHERE given.is_there AND seat.production_schedule_version_task_link_id = given.id
    AND NOT seat.person_id = ANY (given.assignees)
),
seated AS (
  INSERT INTO production_schedule_version_task_link_person_link
    (production_schedule_version_task_link_id, person_id)
  SELECT given.id, person FROM given, unnest(given.assignees) AS person
  ON CONFLICT DO NOTHING
)
SELECT count(*) FROM given
"""
FROM_TASKS: Final = sa.text(
    WRITE.format(
        given="SELECT * FROM json_to_recordset(CAST(:tasks AS json)) AS task "
        "(task_id uuid, start_date timestamp, due_date timestamp, estimation float8, "
        "assignees uuid[])"
    )
)
FROM_VERSION: Final = sa.text(
    WRITE.format(
        given="SELECT task_id, start_date, due_date, estimation, ARRAY("
        "SELECT person_id FROM production_schedule_version_task_link_person_link AS seat "
        "WHERE seat.production_schedule_version_task_link_id = source.id) AS assignees "
        "FROM production_schedule_version_task_link AS source "
        "WHERE source.production_schedule_version_id = CAST(:source AS uuid)"
    )
)
#: Task, start, end and estimation of each, as one JSON array.
AS_JSON: Final = sa.text(
    "SELECT coalesce(json_agg(json_build_array(task_id, start_date, due_date, estimation))::text, "
    "'[]'), count(*) FROM production_schedule_version_task_link "
    "WHERE production_schedule_version_id = CAST(:version AS uuid)"
)


def project_of_version(ctx: CallContext, text: str) -> tuple[UUID, UUID]:
    """The id of a version, and its production. Raises NotFound."""
    version = known_id(text)
    with ctx.database.read() as connection:
        project: UUID | None = connection.scalar(
            sa.select(VERSION.c.project_id).where(VERSION.c.id == version)
        )
    if project is None:
        raise NotFound
    return version, project


def link_tasks(ctx: CallContext, version: UUID, tasks: str) -> int:
    """Link tasks, given as JSON, to the locked version; returns how many."""
    given = {"version": str(version), "tasks": tasks}
    # No event tells of each link.
    with ctx.tx.unnoted():
        return int(ctx.tx.connection.execute(FROM_TASKS, given).scalar_one())


def copy_links(ctx: CallContext, version: UUID, source: UUID) -> int:
    """Link the tasks of another version to the locked one; returns how many."""
    given = {"version": str(version), "source": str(source)}
    with ctx.tx.unnoted():
        return int(ctx.tx.connection.execute(FROM_VERSION, given).scalar_one())


def links_as_json(ctx: CallContext, version: UUID) -> tuple[str, int]:
    """The links of the locked version as a JSON array, and their number."""
    text, count = ctx.tx.connection.execute(AS_JSON, {"version": str(version)}).one()
    return text, count
