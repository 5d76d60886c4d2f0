"""Queries and answers of quotas and statistics: what was done in productions, counted."""

from __future__ import annotations

from typing import Annotated, Literal

from services.common.contracts.assets.entities import EntityRow
from services.common.contracts.types import (
    UNSET,
    Answer,
    AskedId,
    Query,
    UnsetType,
    about,
)

CountMode = Annotated[
    Literal["weighted", "weighteddone", "feedback", "done"],
    about(
        "Modes with `done` count what is done, the others what a review was asked for. The "
        "weighted ones spread it over the days that people worked on it; the others count it "
        "on that day.",
        "feedback",
        invalid="{field} must be equal to weighted, weighteddone, feedback, or done",
    ),
]
Frames = Annotated[int, about("Frames of the entities.", 1200)]
Drawings = Annotated[int, about("Drawings of the tasks.", 24)]
Tasks = Annotated[int, about("How many tasks there are.", 12)]


class QuotaQuery(Query, kw_only=True):
    """What to count, and how."""

    count_mode: CountMode = "weighted"
    studio_id: Annotated[
        AskedId | UnsetType, about("Only tasks with an assignee of this studio.")
    ] = UNSET


class QuotaShotQuery(Query, kw_only=True):
    """Which shots to list, and how they count."""

    count_mode: CountMode = "weighted"
    project_id: Annotated[AskedId | UnsetType, about("Only those of this production.")] = UNSET
    task_type_id: Annotated[AskedId | UnsetType, about("Only for tasks of this type.")] = UNSET


class YearFigures(Answer, kw_only=True):
    """What was done, by year."""

    frames: Annotated[dict[str, int], about("Frames of the shots.", {"2026": 1200})]
    seconds: Annotated[dict[str, float], about("The same in seconds.", {"2026": 48.0})]
    drawings: Annotated[dict[str, int], about("Drawings of the tasks.", {"2026": 0})]
    count: Annotated[dict[str, float], about("Shots, or shares of shots.", {"2026": 12})]


class Figures(YearFigures, kw_only=True):
    """What was done by day, week or month: `2026-01-05`, `2026-2` (ISO 8601), `2026-01`."""

    entries: Annotated[
        dict[str, int],
        about("Days with figures by month; weeks and months with figures by year.", {"2026-01": 3}),
    ]


class Quota(Answer, kw_only=True):
    """What a person did, or what was done of a task type; or all of it."""

    day: Figures
    week: Figures
    month: Figures
    year: YearFigures


#: By the id of the person or task type, and ``total``.
Quotas = dict[str, Quota]


class CountedShot(EntityRow, kw_only=True):
    """A shot that somebody worked on."""

    full_name: Annotated[str, about("Its episode, sequence and name.", "E01 / SQ01 / SH010")]
    weight: Annotated[float, about("How much of it counts.", 0.5)]


class StatusFigures(Answer, kw_only=True):
    """The tasks in a status."""

    name: Annotated[str, about("The status's short name.", "wip")]
    color: Annotated[str, about("Its color in the interface, as #RRGGBB.", "#3273DC")]
    count: Tasks
    frames: Frames
    drawings: Drawings


#: By the id of the episode or ``all``, of the task type or ``all``, and of the status.
EpisodeStatistics = dict[str, dict[str, dict[str, StatusFigures]]]


class TaskFigures(Answer, kw_only=True):
    """Some tasks, counted."""

    count: Tasks
    frames: Frames
    drawings: Drawings


class Take(Answer, kw_only=True):
    """Tasks that are done, to be done again, or neither."""

    done: TaskFigures
    retake: TaskFigures
    other: TaskFigures


class Retakes(Take, kw_only=True):
    """How tasks stand, and how they stood after each retake."""

    max_retake_count: Annotated[int, about("The most retakes that one of them had.", 3)]
    evolution: Annotated[
        dict[str, Take], about("Of episodes: the same by the number of the retake, from 1.")
    ]


#: By the id of the episode or ``all``, and of the task type or ``all``.
RetakeStatistics = dict[str, dict[str, Retakes]]


class StudioFigures(Answer, kw_only=True):
    """What there is in the studio, in all productions."""

    number_of_video_previews: Annotated[int, about("Movies.", 800)]
    number_of_picture_previews: Annotated[int, about("Pictures.", 1200)]
    number_of_model_previews: Annotated[int, about("3D models.", 40)]
    number_of_comments: Annotated[int, about("Comments.", 5000)]
