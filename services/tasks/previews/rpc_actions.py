"""RPC methods on existing previews: set as main, reorder, annotate, delete."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa

from services.common import bodies
from services.common.contracts.tasks.events import PreviewAnnotated, PreviewSetMain, PreviewUpdate
from services.common.contracts.tasks.previews import DrawingChanges, MainFrame, NewPlace
from services.common.crud.resource_service import ResourceService
from services.common.crud.row_json import rows_as_json
from services.common.crud.validation import known_id
from services.common.database.tables import NOW
from services.common.errors import Forbidden, NotFound, Refused
from services.common.json_types import JsonObject, Row
from services.common.runtime.positions import await_cascade
from services.common.runtime.rpc_server import command
from services.common.wire.rpc_protocol import Reply
from services.tasks.models import PreviewFile, comment_preview_link
from services.tasks.policy.previews import PREVIEWS
from services.tasks.previews import kinds
from services.tasks.previews.annotations import apply_changes
from services.tasks.previews.announce import announce, comment_changed
from services.tasks.previews.facts import check_may, preview_facts, preview_to_act_on
from services.tasks.previews.removal import main_previews, remove_previews
from services.tasks.state.task_changes import in_project


class PreviewActionRpc(ResourceService):
    """Actions on previews."""

    @command
    def set_main_preview(self, ident: str, data: JsonObject | None = None) -> JsonObject:
        """Make a preview the main one of its entity. Returns the entity.

        Not for clients. Raises NotFound, Forbidden, Refused (it has no file, or no entity).
        Emits ``preview-file:set-main``; ``assets`` emits ``<kind>:update``.
        """
        bodies.read(MainFrame, data)  # accepted for clients: frames are not extracted here
        facts = self._to_act_on(ident)
        self._refuse_clients(facts)
        if facts["entity_id"] is None or facts["status"] != kinds.READY:
            message = "Only a preview that has its file can stand for an entity."
            raise Refused(message)
        told = PreviewSetMain(
            entity_id=facts["entity_id"],
            preview_file_id=facts["id"],
            preview_file_status=facts["status"],
            **in_project(facts),
        )
        self.tx.emit(told)
        self.commit_now()
        # The answer is the entity as it is then.
        await_cascade(self)
        entity = self.ask("assets", "read_entity_with_ancestors", ident=str(facts["entity_id"]))
        shown = {"preview_file_id": str(facts["id"]), "preview_file_status": facts["status"]}
        return {**entity["entity"], **shown}

    @command
    def annotate_preview(self, ident: str, data: JsonObject) -> Reply:
        """Apply ``additions``, ``updates`` and ``deletions`` of annotations to a preview.

        Concurrent changes are merged. Not for clients. Returns the preview.
        Raises NotFound, Forbidden, InvalidInput. Emits ``preview-file:annotation-update``.
        """
        changes = bodies.read(DrawingChanges, data)
        facts = self._to_act_on(ident)
        self._refuse_clients(facts)
        # Annotations are one JSON column: locked, so that concurrent changes are merged.
        row = self.tx.get(PreviewFile, facts["id"], lock=True)
        row.annotations = apply_changes(row.annotations, changes)
        self.tx.session.flush()
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        self.tx.emit(
            PreviewAnnotated(
                preview_file_id=facts["id"],
                person_id=self.actor.id,
                updated_at=moment,
                **in_project(facts),
            )
        )
        return self._preview(facts["id"])

    @command
    def place_preview(self, ident: str, data: JsonObject) -> Reply:
        """Move a preview to another ``position`` within its revision, counted from 1.

        Returns the previews of the revision in their new order. Raises NotFound, Forbidden,
        InvalidInput. Emits ``preview-file:update`` for each that moved.
        """
        position = bodies.read(NewPlace, data).position
        facts = self._to_act_on(ident)
        file = PreviewFile
        together = (
            sa.select(file)
            .where(file.task_id == facts["task_id"], file.revision == facts["revision"])
            .order_by(file.position, file.created_at, file.id)
            # The whole revision is locked: the positions of all of its files are reassigned.
            .with_for_update()
        )
        rows = list(self.tx.session.scalars(together))
        preview = next((row for row in rows if row.id == facts["id"]), None)
        if preview is None:  # deleted or moved to another revision since it was read
            raise NotFound
        rows.remove(preview)
        rows.insert(position - 1, preview)
        for new_position, row in enumerate(rows, 1):
            if row.position != new_position:
                change = sa.update(file).where(file.id == row.id)
                self.tx.session.execute(change.values(position=new_position, updated_at=NOW))
                self.tx.emit(PreviewUpdate(preview_file_id=row.id, **in_project(facts)))
        return self._of_revision(facts)

    @command
    def add_preview_beside(self, task_id: str, comment_id: str, ident: str) -> Reply:
        """Create a further preview for a comment, with the revision of one that it has.

        Returns the preview. Raises NotFound, Forbidden. Emits as ``add_preview``.
        """
        task, comment, facts = self._of_comment(task_id, comment_id, ident)
        check_may(self, "add a preview", comment, {**facts, "id": task})
        return Reply(announce(self, task, comment, facts, facts["revision"]))

    @command
    def remove_comment_preview(self, task_id: str, comment_id: str, ident: str) -> Reply:
        """Delete a preview of a comment, for those who read it and work on its task.

        Raises NotFound, Forbidden. Emits ``preview-file:delete`` and ``comment:update``.
        """
        task, comment, facts = self._of_comment(task_id, comment_id, ident)
        check_may(self, "remove a preview", comment, {**facts, "id": task})
        remove_previews(self, [facts["id"]], main_previews(self, [facts["id"]]))
        comment_changed(self, comment, facts)
        return Reply(b"")

    def _of_comment(self, task_id: str, comment_id: str, ident: str) -> tuple[UUID, UUID, Row]:
        """A preview of a comment of a task. Raises NotFound."""
        task, comment = known_id(task_id), known_id(comment_id)
        facts = preview_facts(self, known_id(ident))
        link = comment_preview_link.c
        is_linked = sa.exists().where(link.comment == comment, link.preview_file == facts["id"])
        with self.database.read() as connection:
            if facts["task_id"] != task or not connection.scalar(sa.select(is_linked)):
                raise NotFound
        return task, comment, facts

    def _to_act_on(self, ident: str) -> Row:
        return preview_to_act_on(self, known_id(ident))

    def _of_revision(self, facts: Row) -> Reply:
        resource = self.registry["preview-files"]
        rows = (
            sa.select(*resource.columns(None, relations=False))
            .where(
                PreviewFile.task_id == facts["task_id"], PreviewFile.revision == facts["revision"]
            )
            .order_by(PreviewFile.position, PreviewFile.created_at, PreviewFile.id)
        )
        if not self.actor.is_admin:
            rows = rows.where(PREVIEWS.readable_in(self, [facts["project_id"]]))
        texts = self.tx.connection.scalars(rows_as_json(rows)).all()
        return Reply(f"[{','.join(texts)}]".encode())

    def _refuse_clients(self, facts: Row) -> None:
        """Raise Forbidden for a client of the production, who else may act on its tasks."""
        if self.actor.role_in(facts["project_id"]) == "client":
            message = "This is not for clients."
            raise Forbidden(message)

    def _preview(self, ident: UUID) -> Reply:
        touch = sa.update(PreviewFile).where(PreviewFile.id == ident).values(updated_at=NOW)
        self.tx.session.execute(touch)
        return Reply(self.registry["preview-files"].view(self.tx, ident, relations=False))
