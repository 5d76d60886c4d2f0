"""The statements that count quotas: one aggregate, whatever the number of tasks.

They are sent with their values instead of being prepared: planned for the very shots and filters,
they take a third of the time.
"""

from __future__ import annotations

from typing import Final

#: Days over which the work on one task is spread at most. Dates are free: one mistyped year would
#: else make millions of days.
MOST_DAYS: Final = 3660

# A task's moment is that of its ``done_date`` or its ``end_date``: it counts only with one.
COUNTED: Final = """
WITH shot AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:frames AS integer[])) AS given (id, frames)
),
counted AS MATERIALIZED (
  SELECT task.id, task.task_type_id, task.duration, task.real_start_date AS began,
    CASE WHEN :done THEN task.done_date ELSE task.end_date END AS ended,
    coalesce(shot.frames, 0) AS frames, coalesce(task.nb_drawings, 0) AS drawings
  FROM task JOIN shot ON shot.id = task.entity_id
  WHERE task.project_id = CAST(:project AS uuid) AND task.task_type_id IS NOT NULL
    AND CASE WHEN :done THEN task.done_date ELSE task.end_date END IS NOT NULL
    AND (CAST(:task_type AS uuid) IS NULL OR task.task_type_id = CAST(:task_type AS uuid))
    AND (CAST(:studio AS uuid[]) IS NULL OR EXISTS (
      SELECT FROM task_person_link AS seat
      WHERE seat.task_id = task.id AND seat.person_id = ANY (CAST(:studio AS uuid[]))))
),
assigned AS (
  SELECT counted.*, CASE WHEN :by_person THEN link.person_id ELSE task_type_id END AS key
  FROM counted JOIN task_person_link AS link ON link.task_id = counted.id
  WHERE CAST(:person AS uuid) IS NULL OR link.person_id = CAST(:person AS uuid)
)
"""
#: Each task counts once for each of its people, on the day of its moment.
AT_ONCE: Final = """,
part AS (
  SELECT key, CAST(timezone(:zone, timezone('UTC', ended)) AS date) AS day,
    CAST(frames AS double precision), CAST(drawings AS double precision),
    CAST(1 AS double precision) AS tasks
  FROM assigned
)
"""
# The work on a task is spread over the days that people worked on it, by their shares of its
# duration. One that nobody logged time on is spread over the working days from its start to its
# moment. Of these the first counts even on a weekend; of the days after it, those from Monday to
# Friday: before them in weeks that begin on a Monday, minus before the first.
SPREAD: Final = f""",
timed AS (
  SELECT CASE WHEN :by_person THEN time_spent.person_id ELSE task_type_id END AS key,
    time_spent.date AS day, frames, drawings,
    -- What no day and no task has is cut, so that no number overflows.
    least(time_spent.duration, 1e6) / greatest(counted.duration, 1e-3) AS share
  FROM counted JOIN time_spent ON time_spent.task_id = counted.id
  WHERE counted.duration > 0 AND time_spent.person_id IS NOT NULL
    AND (CAST(:person AS uuid) IS NULL OR time_spent.person_id = CAST(:person AS uuid))
),
unlogged AS MATERIALIZED (
  SELECT key, frames, drawings, CAST(began_there AS date) AS first,
    CAST(extract(isodow FROM began_there) AS integer) AS weekday, days
  FROM assigned
  CROSS JOIN LATERAL (SELECT timezone(:zone, timezone('UTC', began)) AS began_there,
    CAST(floor(extract(epoch FROM ended - began) / 86400) AS integer) AS days) AS local
  WHERE began IS NOT NULL
    AND NOT EXISTS (SELECT FROM time_spent WHERE time_spent.task_id = assigned.id)
),
spread AS (
  SELECT key, first + passed AS day, frames, drawings,
    CAST(1 + (weekday + days) / 7 * 5 + least((weekday + days) % 7, 5)
      - weekday / 7 * 5 - least(weekday % 7, 5) AS double precision) AS days
  FROM unlogged CROSS JOIN LATERAL generate_series(0, least(days, {MOST_DAYS})) AS passed
  WHERE (weekday - 1 + passed) % 7 < 5
),
part AS (
  SELECT key, day, round(frames * share) AS frames, round(drawings * share) AS drawings,
    share AS tasks
  FROM timed
  UNION ALL
  SELECT key, day, round(frames / days), round(drawings / days), 1 / days FROM spread
)
"""  # noqa: S608 - a constant
# Summed by day first: the other sums are of these few. Periods are named by their first day.
SUMMED: Final = """,
daily AS MATERIALIZED (
  SELECT key, day, sum(frames) AS frames, sum(drawings) AS drawings, sum(tasks) AS tasks
  FROM part GROUP BY key, day
),
dated AS MATERIALIZED (
  SELECT key, day, CAST(date_trunc('week', moment) AS date) AS week,
    CAST(date_trunc('month', moment) AS date) AS month,
    CAST(date_trunc('year', moment) AS date) AS year, frames, drawings, tasks
  FROM daily CROSS JOIN LATERAL (SELECT CAST(day AS timestamp) AS moment) AS its
)
SELECT CAST(key AS text), GROUPING(day, week, month, year), coalesce(day, week, month, year),
  sum(frames), sum(drawings), sum(tasks)
FROM dated GROUP BY GROUPING SETS (
  (key, day), (key, week), (key, month), (key, year), (day), (week), (month), (year))
"""
COUNT_AT_ONCE: Final = COUNTED + AT_ONCE + SUMMED
COUNT_SPREAD: Final = COUNTED + SPREAD + SUMMED
