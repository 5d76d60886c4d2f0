"""The SQL of writing comments, a hot path: prepared statements, one round trip for several.

``facts`` reads all that drafts need, ``TASK`` locks and reads a task, the others write the comment,
the task's new status, and the entry in the feed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.common.database.sql_types import Condition, Select
from services.common.database.tables import table_of
from services.tasks.models import StatusAutomation, Subscription, Task, TaskType
from services.tasks.policy import access

TASKS: Final = sa.bindparam("tasks", type_=ARRAY(sa.Uuid(as_uuid=False)))
ME: Final = sa.bindparam("me", type_=sa.Uuid(as_uuid=False))


def _rows(rows: Any) -> Any:
    """A scalar subquery: rows as one JSON array."""
    inner = rows.subquery("r")
    row = sa.func.json_agg(sa.func.row_to_json(sa.literal_column("r")))
    array = sa.select(sa.func.coalesce(row, sa.literal_column("'[]'::json")))
    return array.select_from(inner).scalar_subquery()


def _tasks(condition: Condition) -> Select:
    """What authorization and automations need of a task."""
    task, kind = table_of(Task), table_of(TaskType)
    return (
        sa.select(
            task.c.id,
            task.c.project_id,
            task.c.entity_id,
            task.c.task_type_id,
            task.c.task_status_id,
            task.c.retake_count,
            kind.c.department_id,
            kind.c.for_entity,
            access.assigned_to(ME, task.c.id).label("mine"),  # type: ignore[arg-type]
        )
        .outerjoin(kind, kind.c.id == task.c.task_type_id)
        .where(condition)
    )


@lru_cache(maxsize=4)
def facts(status_columns: tuple[Any, ...]) -> Select:
    """``{"tasks", "statuses", "rules", "watched"}`` around the tasks ``:tasks``, for ``:me``."""
    task, rule, watch = table_of(Task), table_of(StatusAutomation), table_of(Subscription)
    of_tasks = task.c.id == sa.any_(TASKS)
    types = sa.select(task.c.task_type_id).where(of_tasks)
    watched = sa.select(watch.c.person_id, watch.c.entity_id, watch.c.task_type_id).where(
        watch.c.entity_id.is_not(None), watch.c.task_type_id.in_(types)
    )
    rules = sa.select(rule).where(sa.func.coalesce(rule.c.archived, sa.false()).is_(sa.false()))
    document = sa.func.json_build_object(
        "tasks",
        _rows(_tasks(of_tasks)),
        "statuses",
        _rows(sa.select(*status_columns)),
        "rules",
        _rows(rules),
        "watched",
        _rows(watched),
    )
    return sa.select(sa.cast(document, sa.Text))


# FOR UPDATE OF t: the type is only read, and must not be locked. The lock serializes comments on a
# task. Their times are the database's: the clocks of replicas differ. It is read outside of the
# CTE, where it is read after the lock was waited for: comments get times in the order of the lock.
TASK: Final = """
WITH locked AS MATERIALIZED (
SELECT t.id, t.project_id, t.entity_id, t.task_type_id, t.task_status_id, t.retake_count,
  t.real_start_date, t.last_comment_date, t.end_date, t.done_date, k.name,
  ARRAY(SELECT person_id FROM task_person_link WHERE task_id = t.id) AS assignees,
  ARRAY(SELECT person_id FROM subscription WHERE task_id = t.id) AS watchers
FROM task t JOIN task_type k ON k.id = t.task_type_id WHERE t.id = %(task)s FOR UPDATE OF t)
SELECT locked.*, timezone('utc', clock_timestamp()) FROM locked
"""
TASK_KEYS: Final = (
    "id",
    "project_id",
    "entity_id",
    "task_type_id",
    "task_status_id",
    "retake_count",
    "real_start_date",
    "last_comment_date",
    "end_date",
    "done_date",
    "type_name",
    "assignees",
    "watchers",
    "now",
)
COMMENT: Final = """
INSERT INTO comment (id, object_id, object_type, text, replies, checklist, links, for_client,
  task_status_id, person_id, created_at)
VALUES (%(id)s, %(task)s, 'Task', %(text)s, '[]', %(checklist)s, %(links)s::text[],
  %(for_client)s, %(status)s, %(author)s, %(moment)s)
"""
# Computed in Python (``with_status``) from the row that TASK has locked.
SET_STATUS: Final = """
UPDATE task SET task_status_id = %(task_status_id)s, last_comment_date = %(last_comment_date)s,
  retake_count = %(retake_count)s, real_start_date = %(real_start_date)s, end_date = %(end_date)s,
  done_date = %(done_date)s, updated_at = timezone('utc', now())
WHERE id = %(id)s
"""
NEWS: Final = """
INSERT INTO news (id, change, author_id, comment_id, task_id)
VALUES (%(id)s, %(change)s, %(author)s, %(comment)s, %(task)s)
"""
