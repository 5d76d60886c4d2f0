"""Descriptions of entities by ``assets``, and their full names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.common.access.context import CallContext
from services.common.json_types import JsonObject


def describe_entities(ctx: CallContext, ids: Iterable[Any]) -> dict[str, JsonObject]:
    """Descriptions of entities from ``assets`` by id; empty and unknown ids are left out."""
    entity_ids = sorted({str(ident) for ident in ids if ident})
    if not entity_ids:
        return {}
    entities: dict[str, JsonObject] = ctx.ask("assets", "describe_entities", ids=entity_ids)
    return entities


def full_name(entity: JsonObject | None) -> str:
    """``Episode / Sequence / Shot``, or for an asset ``Type / Name``."""
    if entity is None:
        return ""
    if entity["kind"] == "Asset":
        return f"{entity['type_name']} / {entity['name']}"
    sequence = [entity["parent_name"]] if entity["kind"] in {"Shot", "Scene"} else []
    parts = [entity["episode_name"], *sequence, entity["name"]]
    return " / ".join(part for part in parts if part)
