"""The RPC method that searches entities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from services.assets.policy.entities import BY_KIND
from services.assets.policy.membership import project_names
from services.assets.search import sql
from services.common import bodies
from services.common.access.context import CallContext
from services.common.contracts.assets.search import MOST, Question
from services.common.crud.resource_service import ResourceService
from services.common.database.sql_types import Select
from services.common.json_types import JsonObject
from services.common.runtime.rpc_server import query
from services.common.search.finding import SHORTEST, Search, Typed, searching
from services.common.search.phrases import Phrase

#: The kinds, by the names that clients ask for.
KINDS: Final = {f"{kind}s": kind for kind in sql.KINDS}


class SearchRpc(ResourceService):
    """Search in entities."""

    @query
    def search_entities(self, data: JsonObject | None = None) -> JsonObject:
        """Search assets, shots, sequences, episodes and edits, and people.

        By their names, those of their types and parents, descriptions and metadata: without accents
        and case, with typing errors in longer words, the last word as a beginning. In the open
        productions of the caller, as far as they see them there; people as in their list. The best
        hits come first; fewer than three characters find nothing. Raises InvalidInput.
        """
        question = bodies.read(Question, data)
        asked = [name for name in KINDS if name in question.index_names]
        if len(question.query) < SHORTEST or not asked:
            return {}
        names = _searched(self, question.project_id)
        if not names:
            return {name: [] for name in asked}
        # Made before a connection is taken: what a vendor sees, another service is asked for.
        entries = {name: _entries(self, KINDS[name], names) for name in asked}
        with searching(self.database) as connection:
            typed = Typed(connection, question.query, sql.LABELS)
            pages = {
                name: _page(typed, KINDS[name], rows, question) for name, rows in entries.items()
            }
        found = {
            name: sql.read(self, KINDS[name], ids, phrase) if ids else []
            for name, (ids, phrase) in pages.items()
        }
        _complete(self, found, names)
        return found


def _searched(ctx: CallContext, project: UUID | None) -> Mapping[UUID, str]:
    """The names of the productions to search, by id: open ones, and of the caller."""
    ids = ctx.actor.open_projects
    if ctx.actor.is_admin:
        found = ctx.ask("crud", "list_project_names", only_open=True)
    else:
        found = project_names(ctx, sorted(ids)) if ids else {}
    names = {UUID(ident): str(name) for ident, name in found.items()}
    return {ident: name for ident, name in names.items() if project in {None, ident}}


def _entries(ctx: CallContext, kind: str, projects: Mapping[UUID, str]) -> Select:
    """The entries of a kind that the caller sees, with the words that they see."""
    policy = BY_KIND[kind]
    seen = policy.rows_in(ctx, projects, table=sql.ENTRY, project=sql.ENTRY.c.project_id)
    return sql.entries(ctx, kind, seen)


def _page(
    typed: Typed, kind: str, entries: Select, question: Question
) -> tuple[list[UUID], Phrase]:
    """A page of the entities of a kind, and what they were found by."""
    search = Search(typed, entries, sql.KINDS[kind])
    return search.page(question.offset, min(question.limit, MOST)), search.phrase


def _complete(
    ctx: CallContext, found: Mapping[str, list[JsonObject]], names: Mapping[UUID, str]
) -> None:
    """Add what other services know: names of productions, extensions of previews."""
    rows = [row for hits in found.values() for row in hits]
    previews = sorted({row["preview_file_id"] for row in rows if row["preview_file_id"]})
    extensions = ctx.ask("tasks", "list_extensions_of_previews", ids=previews) if previews else {}
    for row in rows:
        row["project_name"] = names[UUID(row["project_id"])]
        row["preview_file_extension"] = extensions.get(row["preview_file_id"])
