"""RPC methods on statistics of productions, and of the studio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from services.common.access.context import CallContext
from services.common.access.policy import Policy
from services.common.access.rules import admin
from services.common.crud.listing.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.database import row_counts
from services.common.database.sql_types import Condition
from services.common.database.tables import table_of
from services.common.errors import Forbidden
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.figures import statistics
from services.tasks.models import Comment, PreviewFile
from services.tasks.policy.clients import CLIENT
from services.tasks.policy.figures import EPISODE_STATS, RETAKE_STATS
from services.tasks.policy.membership import require_member

FILE: Final = table_of(PreviewFile)
#: The extensions of files that are shown as movies, pictures and 3D models.
EXTENSIONS: Final = {"video": "mp4", "picture": "png", "model": "obj"}
ELSEWHERE: Final = ("assets", "crud")
Build = Callable[[CallContext, Mapping[str, str], Condition], JsonObject]


class StatisticsRpc(ResourceService):
    """Statistics."""

    @query
    def list_episode_stats(self, project_id: str) -> Reply:
        """How many tasks of a series' episodes are in which status: by episode and task type.

        For the team; of clients where the production's settings say so, vendors get figures of
        their own tasks. Raises NotFound, Forbidden.
        """
        project = known_id(project_id)

        def build() -> Reply:
            self._check_sees(project, EPISODE_STATS)
            if self.actor.role_in(project) == CLIENT and not self._is_for_clients(project):
                message = "This production shows no statistics to clients."
                raise Forbidden(message)
            return self._statistics(project, EPISODE_STATS, statistics.by_status)

        # Rights come with the caller, who is part of the tag: nobody else holds one.
        return self.not_modified_or(build, project=project, elsewhere=ELSEWHERE)

    @query
    def list_retake_stats(self, project_id: str) -> Reply:
        """How many tasks of a series' episodes are done or to be redone, and were at each retake.

        For the team except clients; vendors get figures of their own tasks. Raises NotFound,
        Forbidden.
        """
        project = known_id(project_id)

        def build() -> Reply:
            self._check_sees(project, RETAKE_STATS)
            return self._statistics(project, RETAKE_STATS, statistics.by_retake)

        return self.not_modified_or(build, project=project, elsewhere=ELSEWHERE)

    def _check_sees(self, project: UUID, policy: Policy) -> None:
        require_member(self, str(project))
        policy.lister.check(self, {"project_id": project})

    def _is_for_clients(self, project: UUID) -> bool:
        settings = self.ask("crud", "read_counting_facts", project_id=str(project))
        # Null, as rows of earlier releases have it, is the default.
        return settings["is_client_stats_visible"] is not False

    def _statistics(self, project: UUID, policy: Policy, build: Build) -> Reply:
        facts = self.ask("assets", "list_frames_by_episode", project_id=str(project))
        seen = policy.rows_in(self, [project])
        return compressed(msgspec.json.encode(build(self, facts, seen)))

    @query
    def show_studio_stats(self) -> Reply:
        """How many previews and comments there are in the studio. For administrators.

        Raises Forbidden.
        """
        admin.check(self, {})
        return self.not_modified_or(self._of_studio)

    def _of_studio(self) -> Reply:
        counts: list[Any] = [
            sa.func.count().filter(FILE.c.extension == extension)
            for extension in EXTENSIONS.values()
        ]
        comments = row_counts.total(table_of(Comment))
        with self.database.read() as connection:
            *files, total = connection.execute(sa.select(*counts, comments).select_from(FILE)).one()
        names = (f"number_of_{kind}_previews" for kind in EXTENSIONS)
        figures = {**dict(zip(names, files, strict=True)), "number_of_comments": total}
        return Reply(msgspec.json.encode(figures))
