"""The question of a search, and what is found."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from services.common.contracts.assets.entities import EntityRow, OfEpisode, ProductionName
from services.common.contracts.auth.people import PersonRow
from services.common.contracts.types import UNSET, Answer, Body, Id, UnsetType, about

#: What is looked for unless a question says it.
USUAL: Final = ("assets", "shots", "persons")
#: The most hits of one kind.
MOST: Final = 1000
Matched = Annotated[
    list[str],
    about(
        "Where the words were found: `name`, `description`, or keys of `data`.",
        ["name", "weather"],
    ),
]


class Question(Body, kw_only=True):
    """What to search."""

    query: Annotated[
        str, about("What to look for. With fewer than three characters nothing is.", "old tre")
    ]
    project_id: Annotated[Id | None, about("Only in this production.")] = None
    limit: Annotated[int, about(f"How many hits of each kind at most, up to {MOST}.", 10, ge=1)] = 3
    offset: Annotated[int, about("How many hits of each kind to skip.", 0, ge=0)] = 0
    index_names: Annotated[
        list[str],
        about(
            "What to look for: `assets`, `shots`, `sequences`, `episodes`, `edits`, `persons`; "
            "other names are ignored.",
            ["assets", "shots"],
        ),
    ] = msgspec.field(default_factory=lambda: list(USUAL))


class FoundEntity(EntityRow, kw_only=True):
    """An asset, shot, sequence, episode or edit that was found."""

    project_name: ProductionName
    preview_file_extension: Annotated[
        str | None, about("The extension of its preview, without the dot.", "png")
    ]
    matched_terms: Matched
    asset_type_name: Annotated[str | UnsetType, about("The name of an asset's type.", "Props")] = (
        UNSET
    )
    sequence_name: Annotated[
        str | UnsetType, about("The name of a shot's sequence; empty without one.", "SQ01")
    ] = UNSET
    episode: Annotated[
        str | UnsetType, about("The name of its episode, if there is one.", "E01")
    ] = UNSET
    episode_id: Annotated[OfEpisode | UnsetType, about("Its episode, if there is one.")] = UNSET


class FoundPerson(PersonRow, kw_only=True):
    """A person who was found."""

    matched_terms: Matched


class Hits(Answer, kw_only=True):
    """What was found, the best hit first, under the names that were asked for."""

    assets: Annotated[list[FoundEntity] | UnsetType, about("The assets.")] = UNSET
    shots: Annotated[list[FoundEntity] | UnsetType, about("The shots.")] = UNSET
    sequences: Annotated[list[FoundEntity] | UnsetType, about("The sequences.")] = UNSET
    episodes: Annotated[list[FoundEntity] | UnsetType, about("The episodes.")] = UNSET
    edits: Annotated[list[FoundEntity] | UnsetType, about("The edits.")] = UNSET
    persons: Annotated[list[FoundPerson] | UnsetType, about("The people.")] = UNSET
