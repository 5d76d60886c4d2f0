"""Encoding of values for COPY, and decryption for exports."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.common.bulk.copy_format import Complaint, RowRefused, Writer
from services.common.bulk.exporting import unsealing

TABLE = sa.Table(
    "thing",
    sa.MetaData(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(5), nullable=False),
    sa.Column("size", sa.Integer, default=7),
    sa.Column("day", sa.Date),
    sa.Column("moment", sa.TIMESTAMP),
    sa.Column("tags", ARRAY(sa.Text)),
    sa.Column("data", JSONB),
    sa.Column("hash", sa.LargeBinary),
    sa.Column("kind", sa.Text, info={"choices": ("a", "b")}),
)
IDENT = "00000000-0000-4000-8000-00000000000A"


def written(**values: Any) -> tuple[dict[str, str], list[Complaint]]:
    """The encoded fields of a row by column, and its complaints."""
    complaints: list[Complaint] = []
    line = Writer(TABLE).line({"id": IDENT, "name": "x", **values}, complaints).decode()
    assert line.endswith("\n")
    fields = line[:-1].split("\t")
    return dict(zip(TABLE.c.keys(), fields, strict=True)), complaints


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [
        ("id", IDENT, IDENT.lower()),
        ("name", "a\tb\\n", r"a\tb\\n"),
        ("name", r"\N", r"\\N"),
        ("name", {"b64": "w6Q="}, "ä"),
        ("size", 3.0, "3"),
        ("size", None, r"\N"),
        ("day", "2026-01-05T10:00:00", "2026-01-05"),
        ("moment", "2026-01-05 10:00:00.12", "2026-01-05T10:00:00.120000"),
        ("moment", "2026-01-05T10:00:00+02:00", "2026-01-05T08:00:00"),
        ("tags", ['a"b', "c\\d", None, {"b64": "eA=="}], '{"a\\\\"b","c\\\\\\\\d",NULL,"x"}'),
        ("data", {"b": [1.5, 2**70], "a": "\\u0000"}, None),
        ("hash", {"b64": "AP8="}, r"\\x00ff"),
    ],
)
def test_a_valid_value_is_encoded(column: str, value: Any, field: str | None) -> None:
    """Without complaints."""
    fields, complaints = written(**{column: value})
    assert not complaints
    if field is not None:
        assert fields[column] == field
    else:
        assert json.loads(fields[column].replace("\\\\", "\\")) == value


@pytest.mark.parametrize(
    ("column", "value", "field", "what"),
    [
        ("name", "too long", "too l", "shortened"),
        ("name", "a\x00b", "ab", "shortened"),
        ("name", "a\ud800", "a?", "lost value"),
        ("size", 2**31, r"\N", "lost value"),
        ("size", True, r"\N", "lost value"),
        ("day", "tomorrow", r"\N", "lost value"),
        ("moment", 5, r"\N", "lost value"),
        ("data", {"a": "\x00"}, r"\N", "lost value"),
        ("hash", {"b64": "?"}, r"\N", "lost value"),
        ("kind", "c", "c", "outside the rules"),
        ("flavour", "c", None, "unknown column"),
    ],
)
def test_a_replaced_value_is_reported(
    column: str, value: Any, field: str | None, what: str
) -> None:
    """The row is kept."""
    fields, complaints = written(**{column: value})
    assert fields.get(column) == field
    assert [complaint.what for complaint in complaints] == [what]


def test_a_missing_value_gets_the_default() -> None:
    """An explicit null stays null."""
    assert written()[0]["size"] == "7"


@pytest.mark.parametrize("values", [{"name": None}, {"name": 5}, {"id": "x"}])
def test_a_row_without_a_required_value_is_refused(values: dict[str, Any]) -> None:
    """There is no replacement."""
    with pytest.raises(RowRefused):
        written(**values)


def test_encrypted_values_are_exported_decrypted() -> None:
    """By the function that the column names; other tables are not decoded."""
    table = sa.Table(
        "vault",
        sa.MetaData(),
        sa.Column("id", sa.Integer),
        sa.Column("secret", sa.Text, info={"plain": lambda text, env: text[::-1] + env["KEY"]}),
    )
    unseal = unsealing(table, {"KEY": "!"})
    assert unseal is not None
    assert json.loads(unseal(b'{"id":1,"secret":"cba"}')) == {"id": 1, "secret": "abc!"}
    assert json.loads(unseal(b'{"id":1,"secret":null}')) == {"id": 1, "secret": None}
    assert unsealing(TABLE, {}) is None
