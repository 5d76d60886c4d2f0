"""Bodies and answers of saved searches and their groups."""

from __future__ import annotations

from typing import Annotated, ClassVar

from services.common.contracts.types import UNSET, Body, Id, RowOf, UnsetType, about

ListType = Annotated[str, about("The list that it is for.", "asset", max_length=80)]
EntityType = (
    Annotated[str, about("The kind of entity that it is for.", "asset", max_length=80)] | None
)
Name = Annotated[str, about("What it is called.", "Waiting for me", max_length=200)]
Color = Annotated[str, about("Its color.", "#7986CB", max_length=8)]
Text = Annotated[str, about("The text of the search.", "status=wfa", max_length=500)]
OtherText = Annotated[str, about("Another name of ``query``.", max_length=500)]
Shared = Annotated[
    bool,
    about("Whether the production's team sees it, too; stored as false unless a manager shares."),
]
Production = Annotated[Id | None, about("The production that it is for; null: all of them.")]
Department = Annotated[Id | None, about("Only its members, and managers, see it.")]
Group = Annotated[Id | None, about("The group that it is in.")]


class SavedSearch(RowOf, kw_only=True):
    """A saved search."""

    resource: ClassVar[str] = "search-filters"


class SearchGroup(RowOf, kw_only=True):
    """A group of saved searches."""

    resource: ClassVar[str] = "search-filter-groups"


SearchesByList = Annotated[
    dict[str, dict[str, list[SavedSearch]]],
    about("By list, then by the production's id, or ``all`` for those without one."),
]
GroupsByList = Annotated[
    dict[str, dict[str, list[SearchGroup]]],
    about("By list, then by the production's id, or ``all`` for those without one."),
]


class NewSearch(Body, kw_only=True):
    """A search to save."""

    list_type: ListType
    name: Name
    query: Text | UnsetType = UNSET
    search_query: OtherText | UnsetType = UNSET
    entity_type: EntityType = None
    is_shared: Shared = False
    project_id: Production = None
    department_id: Department = None
    search_filter_group_id: Group = None


class SearchChanges(Body, kw_only=True):
    """What to change of a search."""

    name: Name | UnsetType = UNSET
    query: Text | UnsetType = UNSET
    search_query: OtherText | UnsetType = UNSET
    entity_type: EntityType | UnsetType = UNSET
    is_shared: Shared | UnsetType = UNSET
    project_id: Production | UnsetType = UNSET
    department_id: Department | UnsetType = UNSET
    search_filter_group_id: Group | UnsetType = UNSET


class NewGroup(Body, kw_only=True):
    """A group to save."""

    list_type: ListType
    name: Name
    color: Color = ""
    entity_type: EntityType = None
    is_shared: Shared = False
    project_id: Production = None
    department_id: Department = None


class GroupChanges(Body, kw_only=True):
    """What to change of a group; its searches are shared as it is."""

    name: Name | UnsetType = UNSET
    color: Color | UnsetType = UNSET
    entity_type: EntityType | UnsetType = UNSET
    is_shared: Shared | UnsetType = UNSET
    project_id: Production | UnsetType = UNSET
    department_id: Department | UnsetType = UNSET


#: By kind, as the route tables name them.
NEW: dict[str, type[Body]] = {"filters": NewSearch, "filter-groups": NewGroup}
CHANGES: dict[str, type[Body]] = {"filters": SearchChanges, "filter-groups": GroupChanges}
