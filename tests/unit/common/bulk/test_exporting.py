"""Rows of a dump: the statements, and decryption. Dumps are read in ``tests/system/deploy``."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from services.common.bulk.exporting import copy_json, select_json, unsealing


def plain(value: str, environ: Mapping[str, str]) -> str:
    """Decrypt a value."""
    return value.removeprefix(environ["KEY"])


TABLE = sa.Table(
    "account",
    sa.MetaData(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("secret", sa.Text, info={"plain": plain}),
    sa.Column("hash", sa.LargeBinary),
    sa.Column("codes", sa.ARRAY(sa.Text), info={"dumped": "bytes"}),
    sa.Column("production_id", sa.Uuid, info={"internal": True}),
)
ENVIRON = {"KEY": "sealed:"}


def test_rows_are_dumped_in_the_order_of_their_key() -> None:
    """Two dumps of the same rows are equal."""
    assert select_json(TABLE).endswith('FROM "account" ORDER BY "id") r')
    assert copy_json(TABLE).startswith("COPY (SELECT row_to_json(r)::text")


def test_internal_columns_are_left_out() -> None:
    """Triggers fill them in."""
    assert "production_id" not in select_json(TABLE)


def test_bytes_are_dumped_as_base64() -> None:
    """JSON has none; nulls stay null."""
    text = select_json(TABLE)
    assert "CASE WHEN \"hash\" IS NOT NULL THEN json_build_object('b64'" in text
    assert 'FROM unnest("codes") AS items(item)' in text


def test_encrypted_values_are_decrypted() -> None:
    """Nulls stay null, other columns stay as they are."""
    unseal = unsealing(TABLE, ENVIRON)
    assert unseal is not None
    row = {"id": "1", "secret": "sealed:abc"}
    assert msgspec.json.decode(unseal(msgspec.json.encode(row))) == {"id": "1", "secret": "abc"}
    row = {"id": "1", "secret": None}
    assert msgspec.json.decode(unseal(msgspec.json.encode(row))) == row


def test_a_table_without_encrypted_columns_is_not_decoded() -> None:
    """Its lines are copied."""
    assert unsealing(sa.Table("plain", sa.MetaData(), sa.Column("a", sa.Text)), ENVIRON) is None
