"""Create a sample production in a running Callboard through its HTTP API.

``make demo``; ``DEMO_SCALE=10`` creates ten times as many assets, shots and tasks. Each run adds
another production; people, types and statuses are shared by all of them.
"""

from __future__ import annotations

import os
import random
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import requests
from tqdm import tqdm
from urllib3.util.retry import Retry

from deploy.local.settings import LocalSettings, Secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Json = dict[str, Any]

THREADS: Final = 6
#: Attempts per request while the server answers 502.
ATTEMPTS: Final = 8
PASSWORD: Final = "callboard-demo"  # noqa: S105 - of fictitious people
DEPARTMENTS: Final = {
    "Concept": "#8D6E63",
    "Modeling": "#78909C",
    "Rigging": "#827717",
    "Animation": "#009688",
    "Lighting": "#F9A825",
    "Compositing": "#FF5252",
}
PEOPLE: Final = (
    ("Ada", "Okafor", "manager", ()),
    ("Bruno", "Keller", "manager", ()),
    ("Chiara", "Rossi", "supervisor", ("Modeling",)),
    ("Dev", "Sharma", "supervisor", ("Animation",)),
    ("Emi", "Tanaka", "user", ("Concept",)),
    ("Farid", "Haddad", "user", ("Modeling",)),
    ("Greta", "Lind", "user", ("Rigging",)),
    ("Hugo", "Martin", "user", ("Animation",)),
    ("Ines", "Duarte", "user", ("Animation",)),
    ("Jonas", "Weber", "user", ("Lighting",)),
    ("Kira", "Novak", "user", ("Compositing",)),
    ("Liam", "Byrne", "vendor", ("Compositing",)),
    ("Mona", "Said", "client", ()),
)
TASK_TYPES: Final = (
    ("Concept", "Asset", "Concept"),
    ("Modeling", "Asset", "Modeling"),
    ("Rigging", "Asset", "Rigging"),
    ("Layout", "Shot", "Animation"),
    ("Animation", "Shot", "Animation"),
    ("Lighting", "Shot", "Lighting"),
    ("Compositing", "Shot", "Compositing"),
)
STATUSES: Final = (
    ("Todo", "todo", "#f5f5f5", {"is_default": True}),
    ("Work In Progress", "wip", "#3273dc", {"is_wip": True}),
    ("Waiting For Approval", "wfa", "#ab26ff", {"is_feedback_request": True}),
    ("Retake", "retake", "#ff3860", {"is_retake": True, "is_artist_allowed": False}),
    ("Done", "done", "#22d160", {"is_done": True, "is_artist_allowed": False}),
)
ASSET_TYPES: Final = ("Character", "Prop", "Environment", "FX")
ASSETS: Final = {
    "Character": ("Nova", "Old Pilot", "Harbour Cat", "Twin A", "Twin B", "Captain"),
    "Prop": ("Lantern", "Compass", "Rope", "Radio", "Crate", "Bell", "Map", "Kettle"),
    "Environment": ("Harbour", "Lighthouse", "Open Sea", "Engine Room"),
    "FX": ("Rain", "Fog", "Sparks"),
}
WORDS: Final = (
    "Ready to start.",
    "First pass is in.",
    "Please look at the silhouette.",
    "The light is too warm.",
    "Approved, thank you!",
)
EPISODES: Final = ("E01 The Light", "E02 The Fog", "E03 The Bell")


class Api:
    """An authenticated session with a running Callboard."""

    def __init__(self, base: str, email: str, password: str) -> None:
        self.base = base.rstrip("/")
        self.session = requests.Session()
        # Retries with backoff, and honours Retry-After.
        retry = Retry(ATTEMPTS, status_forcelist=[502], allowed_methods=None, raise_on_status=False)
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=THREADS, max_retries=retry)
        self.session.mount("http://", adapter)
        answer = self.send("POST", "/auth/login", {"email": email, "password": password})
        self.session.headers["Authorization"] = f"Bearer {answer['access_token']}"

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request and return the decoded answer; an error exits with the server's message.

        A 502 is retried, with an ``Idempotency-Key`` for POSTs.
        """
        key = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        url = self.base + path
        answer = self.session.request(method, url, json=body, timeout=60, headers=key)
        if not answer.ok:
            sys.exit(f"{method} {path} answered {answer.status_code}: {answer.text[:300]}")
        return answer.json() if answer.content else None

    def create(self, path: str, **fields: Any) -> Json:
        """Create a row of a resource; returns it."""
        row: Json = self.send("POST", f"/data/{path}", fields)
        return row

    def ensure(self, path: str, key: str, **fields: Any) -> Json:
        """The row whose field ``key`` has the value in ``fields``, created if there is none."""
        rows = self.session.get(
            f"{self.base}/data/{path}", params={key: fields[key]}, timeout=60
        ).json()
        return rows[0] if rows else self.create(path, **fields)


class Demo:
    """Creates the production step by step, with a progress bar."""

    def __init__(self, api: Api, scale: int) -> None:
        self.api, self.scale = api, scale
        self.random = random.Random(7)  # noqa: S311 - reproducible, not secret
        self.shots, self.shot_tasks = 200 * scale, 4
        self.assets_count = sum(map(len, ASSETS.values())) * scale
        tasks = self.assets_count * 3 + self.shots * self.shot_tasks
        steps = 60 + self.assets_count + self.shots * 2 + tasks
        self.bar = tqdm(total=steps, unit="req", desc="building", dynamic_ncols=True)

    def each(self, create: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        """Call ``create`` for each item on ``THREADS`` threads; returns the results in order."""

        def step(item: Any) -> Any:
            result = create(item)
            self.bar.update()
            return result

        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(step, items))

    def build(self) -> Json:
        """Create everything; returns counts by name."""
        self._studio()
        self._production()
        assets = self._assets()
        shots = self._shots()
        links = self._casting(assets, shots)
        tasks = self._tasks()
        comments = self._comments(tasks)
        # The total was an estimate.
        self.bar.n = self.bar.total or 0
        self.bar.close()
        return {
            "people": len(PEOPLE),
            "assets": len(assets),
            "shots": len(shots),
            "casting links": links,
            "tasks": len(tasks),
            "comments": comments,
        }

    def _studio(self) -> None:
        ensure = self.api.ensure
        self.departments = {
            name: ensure("departments", "name", name=name, color=color)["id"]
            for name, color in DEPARTMENTS.items()
        }
        self.people = self.each(self._person, PEOPLE)
        self.task_types = [
            ensure(
                "task-types",
                "name",
                name=name,
                for_entity=kind,
                priority=index,
                color=DEPARTMENTS[department],
                department_id=self.departments[department],
            )
            for index, (name, kind, department) in enumerate(TASK_TYPES, 1)
        ]
        self.statuses = [
            ensure("task-status", "short_name", name=name, short_name=short, color=color, **flags)
            for name, short, color, flags in STATUSES
        ]
        self.kinds = {name: ensure("entity-types", "name", name=name)["id"] for name in ASSET_TYPES}

    def _person(self, who: Any) -> Json:
        first, last, role, departments = who
        email = f"{first}.{last}@example.com".lower()
        return self.api.ensure(
            "persons",
            "email",
            email=email,
            first_name=first,
            last_name=last,
            role=role,
            password=PASSWORD,
            departments=[self.departments[name] for name in departments],
        )

    def _production(self) -> None:
        create = self.api.create
        name = f"The Lighthouse {time.strftime('%Y-%m-%d %H.%M.%S')}"
        self.project = create(
            "projects",
            name=name,
            fps="25",
            production_type="short",
            production_style="3d",
            team=[person["id"] for person in self.people],
            task_types=[kind["id"] for kind in self.task_types],
            task_statuses=[status["id"] for status in self.statuses],
            asset_types=[self.kinds[kind] for kind in ASSET_TYPES],
        )
        project = self.project["id"]
        create(
            "metadata-descriptors",
            project_id=project,
            entity_type="Asset",
            name="Difficulty",
            field_name="difficulty",
            data_type="list",
            choices=["easy", "medium", "hard"],
        )
        create(
            "metadata-descriptors",
            project_id=project,
            entity_type="Shot",
            name="Weather",
            field_name="weather",
            data_type="string",
            choices=[],
        )
        create("milestones", project_id=project, name="First screening", date="2027-03-01")

    def _create_in_project(self, path: str, name: str, **fields: Any) -> Json:
        """Create an entity through the production's routes, as clients do."""
        url = f"/data/projects/{self.project['id']}/{path}"
        entity: Json = self.api.send("POST", url, {"name": name, **fields})
        return entity

    def _assets(self) -> list[Json]:
        kinds_and_names = [
            (kind, name if copy == 0 else f"{name} {copy + 1}")
            for copy in range(self.scale)
            for kind, names in ASSETS.items()
            for name in names
        ]
        levels = ("easy", "medium", "hard")

        def create(item: tuple[str, str]) -> Json:
            kind, name = item
            fields = {
                "data": {"difficulty": levels[len(name) % 3]},
                "description": f"{name}, a {kind.lower()}.",
            }
            path = f"asset-types/{self.kinds[kind]}/assets/new"
            return self._create_in_project(path, name, **fields)

        return self.each(create, kinds_and_names)

    def _shots(self) -> list[Json]:
        episodes = self.each(lambda name: self._create_in_project("episodes", name), EPISODES)
        names = [f"SQ{number:03d}" for number in range(1, 9)]
        sequences = self.each(
            lambda pair: self._create_in_project("sequences", pair[1], episode_id=pair[0]["id"]),
            [(episode, name) for episode in episodes for name in names],
        )

        def create(number: int) -> Json:
            sequence = sequences[number % len(sequences)]
            frames = 48 + number * 7 % 120
            data = {"frame_in": 1001, "frame_out": 1000 + frames, "weather": "fog"}
            return self._create_in_project(
                "shots",
                f"SH{number // len(sequences) + 1:04d}",
                data=data,
                sequence_id=sequence["id"],
                nb_frames=frames,
            )

        return self.each(create, range(self.shots))

    def _casting(self, assets: list[Json], shots: list[Json]) -> int:
        cast = [(shot, self.random.sample(assets, 3)) for shot in shots]

        def put(pair: tuple[Json, list[Json]]) -> None:
            shot, chosen = pair
            url = f"/data/projects/{self.project['id']}/entities/{shot['id']}/casting"
            self.api.send("PUT", url, [{"asset_id": a["id"], "nb_occurences": 1} for a in chosen])

        self.each(put, cast)
        return sum(len(chosen) for _, chosen in cast)

    def _tasks(self) -> list[Json]:
        """Tasks of every type for its entities, assigned in turn to the department's artists."""
        created = []
        for kind, (_, kind_for, department) in zip(self.task_types, TASK_TYPES, strict=True):
            path = f"/actions/projects/{self.project['id']}/task-types/{kind['id']}"
            tasks = self.api.send("POST", f"{path}/{kind_for.lower()}s/create-tasks", [])
            artists = [
                person["id"]
                for person, who in zip(self.people, PEOPLE, strict=True)
                if department in who[3] and who[2] in {"user", "vendor"}
            ]
            for number, artist in enumerate(artists):
                ids = [task["id"] for task in tasks[number :: len(artists)]]
                self.api.send("PUT", f"/actions/persons/{artist}/assign", {"task_ids": ids})
            created += tasks
            self.bar.update()
        return created

    def _comments(self, tasks: list[Json]) -> int:
        """A comment on each task that sets its status."""

        def post(pair: tuple[int, Json]) -> None:
            number, task = pair
            status = self.statuses[number % len(self.statuses)]
            body = {"task_status_id": status["id"], "comment": WORDS[number % len(WORDS)]}
            self.api.send("POST", f"/actions/tasks/{task['id']}/comment", body)

        self.each(post, enumerate(tasks))
        return len(tasks)


def main(environ: Any) -> None:
    """Create the demo at ``CALLBOARD_URL``, by default in the local run."""
    base = environ.get("CALLBOARD_URL") or f"http://127.0.0.1:{environ.get('HTTP_PORT', '8080')}"
    email, password = credentials(environ)
    try:
        api = Api(base, email, password)
    except requests.ConnectionError:
        sys.exit(f"Nothing answers at {base}: start it with `make run`, then try again.")
    began = time.monotonic()
    demo = Demo(api, int(environ.get("DEMO_SCALE", "1")))
    counts = demo.build()
    summary = ", ".join(f"{count} {name}" for name, count in counts.items())
    project = demo.project
    print(f"\n{project['name']}: {summary}, in {time.monotonic() - began:.0f} s.\n")
    print("Try next:")
    print(f"  log in as one of the people, such as ada.okafor@example.com, password {PASSWORD}")
    print(f"  GET {base}/data/shots/with-tasks?project_id={project['id']}")
    print(f"  GET {base}/data/projects/{project['id']}/sequences/all/casting")
    print(f"  GET {base}/data/projects/{project['id']}/news")
    print(f"  GET {base}/data/events/last?project_id={project['id']}&limit=10")
    print(f"  browse {base}/docs")


def credentials(environ: Any) -> tuple[str, str]:
    """The administrator's e-mail and password, from the environment or the local run's secrets."""
    settings = LocalSettings.load(environ)
    password = settings.admin_password or Secrets(settings.folder).values.get("admin_password")
    if not password:
        sys.exit("Set ADMIN_EMAIL and ADMIN_PASSWORD: RUN_DIR has no local run with an account.")
    return settings.admin_email, str(password)


if __name__ == "__main__":
    main(os.environ)
