"""The hooks of generic CRUD, for what a resource does beyond its columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

from services.common.access.context import CallContext
from services.common.access.rules import Facts
from services.common.contracts.types import RowQuery
from services.common.database.tables import OnGone
from services.common.json_types import JsonObject, Row, Values
from services.common.wire.rpc_protocol import Reply

if TYPE_CHECKING:
    from services.common.crud.cascade import Cascade
    from services.common.crud.registry import Registry

P = TypeVar("P")


class CrudContext(CallContext, Protocol):
    """The context of a call to a service with generic CRUD."""

    @property
    def registry(self) -> Registry:
        """The service's resources."""


class ResourceRules(ABC, Generic[P]):
    """Hooks of generic CRUD for a resource; by default they do nothing.

    One instance serves all requests, so it must be stateless: ``prepare`` runs before the
    transaction, where it may call other services, and what it returns is passed to the hooks of the
    same write. These run inside the transaction, after authorization and validation, and may refuse
    the write by raising a ``ServiceError``.
    """

    #: Those of ``list``, ``read``, ``new``, ``update`` whose answers ``complete`` is called for.
    completes: ClassVar[frozenset[str]] = frozenset()
    #: The fields that it adds or may leave out, with their types.
    adds: ClassVar[Mapping[str, Any]] = {}

    #: Tables of other services, ``service.table``, whose ids it holds in no declared column, and
    #: what ``release`` then does with its row.
    holds: ClassVar[Mapping[str, OnGone]] = {}

    def release(self, cascade: Cascade, table: str, ids: Collection[UUID], /) -> None:
        """Forget deleted rows of a table of ``holds``. May be called again for the same ids."""

    def rewrite(self, body: JsonObject, /) -> JsonObject:
        """Return the body of a create to validate in place of the client's."""
        return dict(body)

    def rewrite_update(self, body: JsonObject, /) -> JsonObject:
        """Return the body of an update to validate in place of the client's."""
        return dict(body)

    def facts_for_create(self, _ctx: CrudContext, _body: JsonObject, /) -> Facts | None:
        """The facts for the rule of a create; None takes them from the body."""
        return None

    def before_delete(self, ctx: CrudContext, ident: UUID, /, *, force: bool) -> None:
        """Refuse a delete, or release references, before other services are asked for references.

        Runs before the transaction, and may call other services.
        """

    @abstractmethod
    def prepare(self, ctx: CrudContext, body: JsonObject, ident: UUID | None, /) -> P:
        """Load what the hooks of this write need; may call other services.

        ``ident`` is None for a create. A delete has the body ``{"force": …}``.
        """

    def on_create(self, ctx: CrudContext, values: Values, body: JsonObject, prepared: P, /) -> None:
        """Complete or refuse the values of a new row."""

    def created(self, ctx: CrudContext, row: Row, body: JsonObject, prepared: P, /) -> None:
        """Called in the transaction after a row was created and its event emitted."""

    def on_update(
        self, ctx: CrudContext, row: Row, values: Values, body: JsonObject, prepared: P, /
    ) -> None:
        """Change or refuse the values of an update; the row is locked."""

    def updated(
        self, ctx: CrudContext, before: Row, row: Row, body: JsonObject, prepared: P, /
    ) -> None:
        """Called in the transaction after a row was updated and its event emitted."""

    def on_delete(self, ctx: CrudContext, row: Row, prepared: P, /) -> None:
        """Clean up before a delete, or refuse it; the row is locked."""

    def deleted(self, ctx: CrudContext, row: Row, prepared: P, /) -> None:
        """Called in the transaction after a row was deleted and its event emitted."""

    def complete(
        self, ctx: CrudContext, rows: list[JsonObject], verb: str, prepared: P | None, /
    ) -> None:
        """Add what no column holds to the JSON of the verbs in ``completes``.

        ``prepared`` is None for a ``list`` and a ``read``.
        """

    def reply_for(self, _ctx: CrudContext, reply: Reply, _asked: RowQuery, /) -> Reply:
        """Return the reply of a single read in the form that the query asks for."""
        return reply

    def before_list(self, ctx: CrudContext, /) -> None:
        """Called before a list is read."""


class SimpleRules(ResourceRules[None]):
    """Rules without a ``prepare`` step."""

    def prepare(self, _ctx: CrudContext, _body: JsonObject, _ident: UUID | None, /) -> None:
        """Prepare nothing."""
