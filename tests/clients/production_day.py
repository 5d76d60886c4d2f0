"""How a production's day begins, with the generated Python client.

``python production_day.py http://localhost:8080 admin@example.com … Lighthouse``: log in, set the
production up, comment on its first task, and read back what there is.
"""

from __future__ import annotations

import sys
from typing import TypeVar
from uuid import UUID

from callboard_client import AuthenticatedClient, Client
from callboard_client.api.comments import comment_task, list_task_comments
from callboard_client.api.entities import (
    create_sequence_of_project,
    create_shot_of_project,
    list_shots_of_sequence,
)
from callboard_client.api.productions import create_project, link_task_type
from callboard_client.api.sessions import log_in
from callboard_client.api.tasks import create_tasks, list_project_tasks
from callboard_client.api.workflow import create_task_status, create_task_type
from callboard_client.models import (
    CreateProject,
    CreateTaskStatus,
    CreateTaskType,
    Credentials,
    NewComment,
    NewSequence,
    NewShot,
    NewTaskTypeInProduction,
    Refusal,
    TaskRow,
)
from callboard_client.types import Response

T = TypeVar("T")
SHOTS = ("SH010", "SH020", "SH030")


def must(answer: Response[Refusal | T]) -> T:
    """What was answered. Raises RuntimeError with the server's message if it was refused."""
    if answer.parsed is None or isinstance(answer.parsed, Refusal):
        raise RuntimeError(f"{answer.status_code}: {answer.content.decode()}")
    return answer.parsed


def begin(base: str, email: str, password: str, name: str) -> AuthenticatedClient:
    """Log in, and make a production of that name with its tasks."""
    session = must(
        log_in.sync_detailed(client=Client(base), body=Credentials(email=email, password=password))
    )
    client = AuthenticatedClient(base, token=session.access_token)
    film = must(create_project.sync_detailed(client=client, body=CreateProject(name=name)))
    kind = CreateTaskType(name=f"{name} layout", for_entity="Shot", color="#64B5F6")
    layout = must(create_task_type.sync_detailed(client=client, body=kind))
    link = NewTaskTypeInProduction(project_id=film.id, task_type_id=layout.id)
    must(link_task_type.sync_detailed(client=client, body=link))
    opening = NewSequence(name="Opening")
    sequence = must(create_sequence_of_project.sync_detailed(film.id, client=client, body=opening))
    shots = [
        must(
            create_shot_of_project.sync_detailed(
                film.id, client=client, body=NewShot(name=shot, sequence_id=sequence.id)
            )
        )
        for shot in SHOTS
    ]
    tasks = must(
        create_tasks.sync_detailed(
            film.id, layout.id, "shots", client=client, body=[shot.id for shot in shots]
        )
    )
    read_back(client, film.id, sequence.id, tasks[0].id)
    return client


def read_back(client: AuthenticatedClient, film: UUID, sequence: UUID, task: UUID) -> None:
    """Comment on the first task, and check that everything is there."""
    state = CreateTaskStatus(
        name=f"In work {film}"[:40], short_name=str(film)[:10], color="#3273DC"
    )
    status = must(create_task_status.sync_detailed(client=client, body=state))
    words = NewComment(task_status_id=status.id, comment="The first layout is in.")
    posted = must(comment_task.sync_detailed(task, client=client, body=words))
    shots = must(list_shots_of_sequence.sync_detailed(sequence, client=client))
    assert [shot.name for shot in shots] == list(SHOTS)
    tasks = list_project_tasks.sync(film, client=client)
    assert isinstance(tasks, list)  # not a page, as none was asked for
    commented: dict[UUID, TaskRow] = {one.id: one for one in tasks}
    assert len(commented) == len(SHOTS)
    assert commented[task].task_status_id == status.id
    comments = must(list_task_comments.sync_detailed(task, client=client))
    assert [(one.id, one.text) for one in comments] == [(posted.id, words.comment)]


if __name__ == "__main__":
    begin(*sys.argv[1:5])
    print("The day has begun.")
