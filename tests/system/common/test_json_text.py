"""JSON that SQL expressions write equals PostgreSQL's own."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from deploy.docs.declarations import registries
from deploy.local.parts import Parts
from services.common.crud.registry import Registry
from services.common.crud.row_json import rows_as_json
from services.common.database import sql_json
from services.common.database.pools import with_driver
from tests.world import World

#: One SELECT list of everything that could be written differently.
ODD = (
    sa.literal('a "quoted"\\ back\nslash \x01 ü 😀', sa.Text).label("text"),
    sa.literal("2026-02-03 04:05:06.000007").cast(sa.TIMESTAMP).label("moment"),
    sa.literal("2026-02-03").cast(sa.Date).label("day"),
    sa.literal("infinity").cast(sa.TIMESTAMP).label("never"),
    sa.literal(1e300, sa.Double).label("large"),
    sa.literal("NaN").cast(sa.Double).label("no_number"),
    sa.literal(-7, sa.Integer).label("whole"),
    sa.literal(True, sa.Boolean).label("truth"),
    sa.literal({"a": [1, None, {"b": "é"}]}, JSONB).label("object"),
    sa.literal(["a", 'b"', None], ARRAY(sa.Text)).label("texts"),
    sa.literal(UUID(int=7), sa.Uuid).label("id"),
    sa.null().cast(sa.Uuid).label("no_id"),
    sa.null().cast(JSONB).label("no_object"),
)


def both(parts: Parts, service: str, rows: sa.Select[tuple[object, ...]]) -> list[list[str]]:
    """The JSON of the same rows, from our expressions and from ``row_to_json``."""
    engine = sa.create_engine(with_driver(parts.urls[service]), poolclass=sa.NullPool)
    with engine.connect() as connection:
        forms = sql_json.objects(rows), rows_as_json(rows)
        return [sorted(connection.scalars(form)) for form in forms]


@pytest.mark.parametrize("registry", [*registries()], ids=lambda registry: registry.service)
def test_every_resource_has_the_same_json(parts: Parts, world: World, registry: Registry) -> None:
    """Column by column, lists included."""
    for resource in registry:
        rows = sa.select(*resource.columns(None, relations=True)).select_from(resource.table)
        ours, theirs = both(parts, registry.service, rows)
        assert [json.loads(text) for text in ours] == [json.loads(text) for text in theirs]


def test_unusual_values_have_the_same_json(parts: Parts) -> None:
    """Quotes, control characters, NaN and infinity, NULL."""
    (ours,), (theirs,) = both(parts, "chat", sa.select(*ODD))
    assert json.loads(ours) == json.loads(theirs)
