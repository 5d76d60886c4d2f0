"""Bodies, queries and answers of castings: which assets appear where, and how often."""

from __future__ import annotations

from typing import Annotated, ClassVar

from services.common.contracts.types import (
    UNSET,
    Answer,
    AskedMoment,
    Body,
    Id,
    Moment,
    PageQuery,
    PageSize,
    RowOf,
    UnsetType,
    about,
)

Occurences = Annotated[int | None, about("How often it appears.", 2)]
Label = Annotated[str | None, about("How it appears, in the studio's words.", "animate")]
Preview = Annotated[Id | None, about("Its main preview.")]

# --- answers --------------------------------------------------------------------------------------


class CastAsset(Answer, kw_only=True):
    """An asset in a casting."""

    asset_id: Annotated[Id, about("The asset.")]
    asset_name: Annotated[str, about("Its name.", "Llama")]
    asset_type_name: Annotated[str, about("The name of its type.", "Characters")]
    preview_file_id: Preview
    nb_occurences: Occurences
    label: Label


class CastAssetInFull(CastAsset, kw_only=True):
    """An asset in the casting of one entity, with what it is ready for."""

    ready_for: Annotated[Id | None, about("The task type that it is ready for.")]
    episode_id: Annotated[Id | None, about("Its main episode.")]
    is_shared: Annotated[bool, about("Whether all productions may use it.")]
    project_id: Annotated[Id, about("The production of the asset.")]


class CastAssetOfType(CastAsset, kw_only=True):
    """An asset in the casting of another asset."""

    name: Annotated[str, about("Its name again.", "Llama")]


class SharedCastAsset(CastAsset, kw_only=True):
    """An asset in a casting, with the production that it comes from."""

    is_shared: Annotated[bool, about("Whether all productions may use it.")]
    project_id: Annotated[Id, about("The production of the asset.")]


class CastAssetOfShot(SharedCastAsset, kw_only=True):
    """An asset in the casting of a shot."""

    name: Annotated[str, about("Its name again.", "Llama")]
    sequence_name: Annotated[str, about("The name of the shot's sequence.", "SQ01")]


class CastAssetOfEpisode(SharedCastAsset, kw_only=True):
    """An asset in the casting of an episode."""

    name: Annotated[str, about("Its name again.", "Llama")]
    episode_name: Annotated[str, about("The name of the episode.", "E01")]


class PlaceOfCast(Answer, kw_only=True):
    """Where an asset is cast: the fields of a shot, or those of an asset."""

    shot_id: Annotated[Id | UnsetType, about("The shot that casts it.")] = UNSET
    shot_name: Annotated[str | UnsetType, about("The shot's name.", "SH010")] = UNSET
    sequence_name: Annotated[str | UnsetType, about("The shot's sequence.", "SQ01")] = UNSET
    episode_id: Annotated[Id | UnsetType | None, about("The sequence's episode.")] = UNSET
    episode_name: Annotated[str | UnsetType | None, about("The name of that episode.", "E01")] = (
        UNSET
    )
    asset_id: Annotated[Id | UnsetType, about("The asset that casts it.")] = UNSET
    asset_name: Annotated[str | UnsetType, about("That asset's name.", "Kitchen")] = UNSET
    asset_type_name: Annotated[
        str | UnsetType, about("The name of that asset's type.", "Environment")
    ] = UNSET
    preview_file_id: Preview
    nb_occurences: Occurences


class CastingLinkRow(RowOf, kw_only=True):
    """An asset (``entity_out_id``) that was cast in an entity (``entity_in_id``)."""

    resource: ClassVar[str] = "entity-links"


class CastingLink(RowOf, kw_only=True):
    """An asset (``entity_out_id``) cast in an entity (``entity_in_id``)."""

    resource: ClassVar[str] = "entity-links"

    created_at: Annotated[
        Moment | UnsetType, about("In pages only, exact to the microsecond: the next cursor.")
    ] = UNSET
    updated_at: Annotated[Moment | UnsetType, about("In pages only, exact to the microsecond.")] = (
        UNSET
    )


class CastingLinks(Answer, kw_only=True):
    """A page of links, or the next ones after a moment: then without the page's numbers."""

    data: Annotated[list[CastingLink], about("The links, oldest first.")]
    total: Annotated[int, about("Links of the production.", 250, ge=0)]
    limit: Annotated[int, about("How many links are answered at most.", 100, ge=1)]
    nb_pages: Annotated[int | UnsetType, about("How many pages there are.", 3)] = UNSET
    offset: Annotated[int | UnsetType, about("Links on the pages before.", 0)] = UNSET
    page: Annotated[int | UnsetType, about("The number of this page, from 1.", 1)] = UNSET


class LinkQuery(PageQuery, kw_only=True):
    """A page, or what was made after a moment."""

    limit: PageSize = 100
    cursor_created_at: Annotated[
        AskedMoment | UnsetType,
        about(
            "Links made after it, in place of a page.",
            "2026-01-05T10:00:00.123456",
            invalid="Wrong date format for {field}.",
        ),
    ] = UNSET


# --- bodies ---------------------------------------------------------------------------------------


GivenLabel = Annotated[str, about("How it appears.", "animate", max_length=80)]


class Casting(Body, kw_only=True):
    """An asset to cast; without an asset or a number it is ignored."""

    asset_id: Annotated[Id | UnsetType | None, about("The asset.")] = UNSET
    nb_occurences: Annotated[int | UnsetType | None, about("How often it appears.", 2)] = UNSET
    label: GivenLabel | UnsetType | None = UNSET


class CastInSeveral(Body, kw_only=True):
    """Where to cast an asset; without a number or label, each keeps its own, or gets 1 and none."""

    entity_ids: Annotated[list[Id], about("The entities that cast it.")]
    nb_occurences: Annotated[int, about("How often; zero removes it.", 2, ge=0)] | None = None
    label: GivenLabel | None = None


#: By the id of what casts.
CastingsOfAssets = dict[str, list[CastAssetOfType]]
CastingsOfShots = dict[str, list[CastAssetOfShot]]
CastingsOfEpisodes = dict[str, list[CastAssetOfEpisode]]
