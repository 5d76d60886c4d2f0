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
    AND (CAST(:person AS uuid) IS NULL OR task.id IN (
      SELECT task_id FROM task_person_link WHERE person_id = CAST(:person AS uuid)
      UNION ALL SELECT task_id FROM time_spent WHERE person_id = CAST(:person AS uuid)))
)
"""
#: Each task counts once for each of its people, on the day of its moment.
AT_ONCE: Final = """,
there AS MATERIALIZED (
  SELECT id, task_type_id, CAST(timezone(:zone, timezone('UTC', ended)) AS date) AS day,
    CAST(frames AS double precision), CAST(drawings AS double precision)
  FROM counted
),
part AS (
  SELECT CASE WHEN :by_person THEN person_id ELSE task_type_id END AS key, day, frames, drawings,
    CAST(1 AS double precision) AS tasks
  FROM there JOIN task_person_link ON task_id = there.id
  WHERE CAST(:person AS uuid) IS NULL OR person_id = CAST(:person AS uuid)
)
"""
# The work on a task is spread over the days that people worked on it, by their shares of its
# duration. One that nobody logged time on is spread over the working days from its start to its
# moment. Of these the first counts even on a weekend; of the days after it, those from Monday to
# Friday: before them in weeks that begin on a Monday, minus before the first.
SPREAD: Final = f""",
logged AS MATERIALIZED (
  SELECT counted.id, task_type_id, counted.duration, frames, drawings, person_id, date AS day,
    time_spent.duration AS minutes
  FROM counted JOIN time_spent ON task_id = counted.id
),
timed AS (
  SELECT CASE WHEN :by_person THEN person_id ELSE task_type_id END AS key, day, frames, drawings,
    -- What no day and no task has is cut, so that no number overflows.
    least(minutes, 1e6) / greatest(duration, 1e-3) AS share
  FROM logged
  WHERE duration > 0 AND person_id IS NOT NULL
    AND (CAST(:person AS uuid) IS NULL OR person_id = CAST(:person AS uuid))
),
-- OFFSET 0 keeps what costs from being worked out anew wherever it is named.
unlogged AS (
  SELECT id, task_type_id, frames, drawings, CAST(began_there AS date) AS first,
    CAST(date_part('isodow', began_there) AS integer) AS weekday,
    CAST(date_part('day', ended - began) AS integer) AS days
  FROM (
    SELECT counted.*, timezone(:zone, timezone('UTC', began)) AS began_there FROM counted
    WHERE began <= ended AND NOT EXISTS (SELECT FROM logged WHERE logged.id = counted.id)
    OFFSET 0
  ) AS local
  OFFSET 0
),
shared AS MATERIALIZED (
  SELECT id, task_type_id, first, weekday, least(days, {MOST_DAYS}) AS last,
    round(frames / whole) AS frames, round(drawings / whole) AS drawings, 1 / whole AS tasks
  FROM unlogged CROSS JOIN LATERAL (
    SELECT CAST(1 + (weekday + days) / 7 * 5 + least((weekday + days) % 7, 5)
      - weekday / 7 * 5 - least(weekday % 7, 5) AS double precision) AS whole OFFSET 0
  ) AS its
),
spread AS (
  SELECT CASE WHEN :by_person THEN person_id ELSE task_type_id END AS key, first + passed AS day,
    frames, drawings, tasks
  FROM shared JOIN task_person_link ON task_id = shared.id
  CROSS JOIN LATERAL generate_series(0, last) AS passed
  WHERE (weekday - 1 + passed) % 7 < 5
    AND (CAST(:person AS uuid) IS NULL OR person_id = CAST(:person AS uuid))
),
part AS (
  SELECT key, day, round(frames * share) AS frames, round(drawings * share) AS drawings,
    share AS tasks
  FROM timed
  UNION ALL
  SELECT key, day, frames, drawings, tasks FROM spread
)
"""  # noqa: S608 - a constant
# Summed by day first, and the total by day from these: the other sums are of these few. Periods are
# named by their first day; all of one key and granularity come in a row, as texts, which are read
# in a tenth of the time of as many values.
SUMMED: Final = """,
daily AS MATERIALIZED (
  SELECT key, day, sum(frames) AS frames, sum(drawings) AS drawings, sum(tasks) AS tasks
  FROM part GROUP BY key, day
),
each_day AS MATERIALIZED (
  SELECT * FROM daily
  UNION ALL
  SELECT NULL, day, sum(frames), sum(drawings), sum(tasks) FROM daily GROUP BY day
),
calendar AS MATERIALIZED (
  SELECT day, CAST(date_trunc('week', moment) AS date) AS week,
    CAST(date_trunc('month', moment) AS date) AS month,
    CAST(date_trunc('year', moment) AS date) AS year
  FROM (SELECT DISTINCT day, CAST(day AS timestamp) AS moment FROM daily) AS its
),
summed AS (
  SELECT key, 'day' AS scale, day AS first, frames, drawings, tasks FROM each_day
  UNION ALL
  SELECT key, CASE GROUPING(week, month, year) WHEN 3 THEN 'week' WHEN 5 THEN 'month' ELSE 'year'
    END, coalesce(week, month, year), sum(frames), sum(drawings), sum(tasks)
  FROM each_day JOIN calendar USING (day)
  GROUP BY GROUPING SETS ((key, week), (key, month), (key, year))
)
SELECT coalesce(CAST(key AS text), 'total'), scale, string_agg(CAST(first AS text), ','),
  CAST(array_agg(frames) AS text), CAST(array_agg(drawings) AS text),
  CAST(array_agg(tasks) AS text)
FROM summed GROUP BY key, scale
"""
COUNT_AT_ONCE: Final = COUNTED + AT_ONCE + SUMMED
COUNT_SPREAD: Final = COUNTED + SPREAD + SUMMED
