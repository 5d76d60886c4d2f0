"""RPC methods that read comments: of a task, of a production, or one."""

from __future__ import annotations

from uuid import UUID

import msgspec

from services.common import queries
from services.common.contracts.types import PageQuery
from services.common.crud import reading
from services.common.crud.listing.lists import compressed
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.errors import NotFound
from services.common.runtime.rpc_server import query
from services.common.wire.rpc_protocol import Reply
from services.tasks.comments import views
from services.tasks.comments.authorizer import CommentAuthorizer
from services.tasks.policy import access
from services.tasks.policy.comments import COMMENTS
from services.tasks.policy.membership import require_member
from services.tasks.rows import project_page


class CommentReadRpc(ResourceService):
    """Comments as their readers see them."""

    @query
    def list_task_comments(self, task_id: str) -> Reply:
        """The comments of a task, newest first, as the caller may see them.

        Raises NotFound, Forbidden.
        """
        authorizer = CommentAuthorizer(self)
        task = authorizer.readable(task_id)
        found = views.of_task(self, task["id"], task["project_id"])
        return compressed(msgspec.json.encode(found))

    @query
    def read_task_comment(self, task_id: str, comment_id: str) -> Reply:
        """One comment of a task. Raises NotFound (also for one of another task), Forbidden."""
        comment = access.comment_facts(self, known_id(comment_id))
        if comment["object_id"] != known_id(task_id):
            raise NotFound
        return self._comment_reply(comment["id"])

    def _comment_reply(self, ident: UUID) -> Reply:
        """A comment as generic CRUD shows it, if the caller may read it."""
        resource = self.registry["comments"]
        if not self.actor.is_admin:
            reading.permit(self, resource, COMMENTS.reader, ident)
        return reading.read_row(self, resource, ident, relations=True)

    @query
    def list_project_comments(self, project_id: str, query: dict[str, str] | None = None) -> Reply:
        """A production's comments in generic form, newest first, by the page. For its managers.

        Raises NotFound, Forbidden, InvalidInput.
        """
        asked = queries.read(PageQuery, query)
        project = require_member(self, project_id, "manager")
        return project_page(self, self.registry["comments"], project, asked)
