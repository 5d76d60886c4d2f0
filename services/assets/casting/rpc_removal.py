"""RPC method that takes one asset out of a casting."""

from __future__ import annotations

import sqlalchemy as sa

from services.assets.casting.write import changes_of, remove_link
from services.assets.policy.access import LINK
from services.assets.policy.castings import CASTINGS
from services.assets.policy.membership import known_project
from services.common.crud.resource_service import ResourceService
from services.common.crud.validation import known_id
from services.common.errors import Forbidden, NotFound
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply


class LinkRemovalRpc(ResourceService):
    """Removal of single casting links."""

    @command
    def remove_entity_link(self, project_id: str, ident: str) -> Reply:
        """Take an asset out of the casting of an entity; returns the link that was.

        It leaves the episode, too, if none of its shots casts it any more; what leaves an episode
        stays in the shots. For managers. Raises NotFound, Forbidden.
        Emits ``<kind>:casting-update``.
        """
        project = known_project(self, project_id)
        CASTINGS.may["replace"].check(self, {"project_id": project})
        link = known_id(ident)
        with self.database.read() as connection:
            entity = connection.scalar(sa.select(LINK.c.entity_in_id).where(LINK.c.id == link))
        if entity is None:
            raise NotFound
        change = changes_of(self.database, [entity])[entity]
        if change.project_id != project:
            message = "The entity is of another production."
            raise Forbidden(message)
        shown = self.registry["entity-links"].view(self.tx, link, relations=False)
        remove_link(self.tx, change, link)
        return Reply(shown)
