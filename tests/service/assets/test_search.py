"""The search in entities: ranking, typing errors, accents, parents, metadata, rights, pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.assets.models import Entity
from services.common.database.tables import table_of
from services.common.errors import InvalidInput
from services.common.search import finding
from tests.bulk import insert_many
from tests.service.conftest import MakeService
from tests.service.one_service import OneService
from tests.service.plans import explained, nodes, reads_whole
from tests.show import Show

ALL = ["assets", "shots", "sequences", "episodes", "edits"]
Find = Callable[..., dict[str, list[str]]]


class Searched:
    """The service with a series that somebody looks for."""

    def __init__(self, service: OneService, show: Show) -> None:
        self.service, self.show = service, show
        service.fill(show)
        opened = {show.project: "Film", show.other_project: "Other"}
        every = {**opened, show.past: "Past"}

        def names(ids: list[str] | None = None, only_open: bool = False) -> dict[str, str]:
            found = opened if only_open else every
            return {ident: found[ident] for ident in ids or found if ident in found}

        service.fakes.replies |= {
            "crud.list_project_names": names,
            "tasks.list_assigned_entities": [],
            **{f"{name}.references_row": False for name in ("auth", "tasks", "chat", "crud")},
            "tasks.list_extensions_of_previews": lambda ids: dict.fromkeys(ids, "png"),
        }

    def rows(self, typed: str, who: str = "admin", **more: Any) -> dict[str, list[dict[str, Any]]]:
        """The hits."""
        data = {"query": typed, "index_names": ALL, "limit": 10, **more}
        found: dict[str, list[dict[str, Any]]] = self.service.call(
            who, "search_entities", data=data
        )
        return found

    def __call__(self, typed: str, who: str = "admin", kind: str = "assets", **more: Any) -> Any:
        """The names of the hits of one kind."""
        return [row["name"] for row in self.rows(typed, who, **more)[kind]]

    def change(self, ident: str, **values: Any) -> None:
        """Change an entity."""
        self.service.call("admin", "update_row", path="entities", ident=ident, data=values)


@pytest.fixture
def find(make_service: MakeService, show: Show) -> Searched:
    """A search in the series, and in what a test adds to it before."""
    return Searched(make_service("assets"), show)


@pytest.fixture
def props(show: Show) -> Show:
    """The series with some props."""
    for name, values in {
        "Old_Tree": {"description": "Grows behind the barn.", "data": {"weather": "sunny days"}},
        "Treehouse": {},
        "Barn": {"description": "Behind an old tree."},
        "Éléphant": {"data": {"Größe": "Straße", "nested": ["Kiwi", {"a": "mango"}]}},
        "Lantern": {"data": {"note": "hangs in a tree"}},
        "Lanterns_wide-shot": {},
        "Wardrobe": {"canceled": True},
    }.items():
        show.entity(name, "Props", **values)
    return show


def test_words_are_found_in_names_descriptions_and_metadata(props: Show, find: Searched) -> None:
    """The name first, then the description, then metadata; then in the order of names."""
    assert find("tree") == ["Old_Tree", "Tree", "Treehouse", "Barn", "Lantern"]
    rows = {row["name"]: row for row in find.rows("tree")["assets"]}
    assert rows["Old_Tree"]["matched_terms"] == ["name"]
    assert rows["Barn"]["matched_terms"] == ["description"]
    assert rows["Lantern"]["matched_terms"] == ["note"]
    assert rows["Tree"].keys() == {
        *(column.name for column in table_of(Entity).c),
        "type",
        "asset_type_name",
        "project_name",
        "preview_file_extension",
        "matched_terms",
    }
    assert (rows["Tree"]["type"], rows["Tree"]["asset_type_name"]) == ("Asset", "Props")
    assert (rows["Tree"]["project_name"], rows["Tree"]["preview_file_extension"]) == ("Film", None)


@pytest.mark.usefixtures("props")
@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("elephant", ["Éléphant"]),
        ("ÉLÉPHANT", ["Éléphant"]),
        ("e\u0301le\u0301phant", ["Éléphant"]),
        ("strasse", ["Éléphant"]),
        ("kiwi", ["Éléphant"]),
        ("MANGO", ["Éléphant"]),
        ("old tree", ["Old_Tree", "Barn"]),
        ("tree old", ["Old_Tree", "Barn", "Tree", "Lantern"]),
        ("old-tree", ["Old_Tree", "Barn"]),
        ("barn behind", ["Barn", "Old_Tree"]),
        ("wide shot", ["Lanterns_wide-shot"]),
        ("lan", ["Lantern", "Lanterns_wide-shot"]),
        ("lantern", ["Lantern", "Lanterns_wide-shot"]),
        ("lantren", ["Lantern", "Lanterns_wide-shot"]),
        ("lamtern", ["Lantern", "Lanterns_wide-shot"]),
        ("lanern", ["Lantern", "Lanterns_wide-shot"]),
        ("lanttern", ["Lantern", "Lanterns_wide-shot"]),
        ("antern", ["Lantern", "Lanterns_wide-shot"]),
        ("lamtren", []),
        ("terehouse", ["Treehouse"]),
        ("treahoise", ["Treehouse"]),
        ("wardrobe", ["Wardrobe"]),
        ("bran", []),
        ("props lanterns", ["Lanterns_wide-shot", "Lantern", "Barn", "Boat", "Elsewhere"]),
        ("lantern unknown", ["Lantern", "Lanterns_wide-shot"]),
        ("unknown lantern", []),
        ("mood", []),
    ],
)
def test_words_are_found_however_they_are_typed(
    find: Searched, typed: str, names: list[str]
) -> None:
    """Without accents and case, as a beginning, with typing errors in longer words."""
    assert find(typed)[:5] == names


def test_fewer_errors_come_first(show: Show, find: Searched) -> None:
    """Whatever the names are."""
    for name in ("Alocomotive", "Locomotive", "Alocmotive"):
        find.service.call(
            "admin",
            "create_asset",
            project_id=show.project,
            asset_type_id=show.types["Props"],
            data={"name": name},
        )
    assert find("locomotive") == ["Locomotive", "Alocomotive", "Alocmotive"]


def test_shots_are_found_by_their_sequence_and_episode(show: Show, find: Searched) -> None:
    """They say of what they are."""
    (first, second) = find.rows("e01 s01 p0")["shots"]
    assert [first["name"], second["name"]] == ["P01", "P02"]
    assert (first["sequence_name"], first["episode"]) == ("S01", "E01")
    assert (first["episode_id"], first["matched_terms"]) == (show.episode, ["name"])
    found = find.rows("e01")
    assert {kind: [row["name"] for row in rows] for kind, rows in found.items()} == {
        "assets": [],
        "shots": ["P01", "P02"],
        "sequences": ["S01"],
        "episodes": ["E01"],
        "edits": [],
    }
    (sequence,) = found["sequences"]
    assert (sequence["type"], sequence["episode"]) == ("Sequence", "E01")
    assert "episode" not in found["episodes"][0]


def test_a_shot_outside_of_an_episode_has_no_key_of_one(show: Show, find: Searched) -> None:
    """Nor a name of a sequence, without one."""
    sequence = show.entity("S99", "Sequence")
    show.entity("LonelyOne", "Shot", parent_id=sequence)
    show.entity("LonelyTwo", "Shot")
    find = Searched(find.service, show)
    first, second = find.rows("lonely")["shots"]
    assert (first["sequence_name"], second["sequence_name"]) == ("S99", "")
    assert not {"episode", "episode_id"} & (first.keys() | second.keys())


def test_new_names_of_parents_are_found_at_once(show: Show, find: Searched) -> None:
    """Old ones no longer: of a sequence, of an episode, of a type, and after a move."""
    find.change(show.opening, name="Overture")
    assert find("overture", kind="shots") == ["P01", "P02"]
    assert find("s01", kind="shots") == find("s01", kind="sequences") == []
    find.change(show.episode, name="Pilot")
    assert find("pilot overture", kind="shots") == ["P01", "P02"]
    find.change(show.opening, parent_id=show.next_episode)
    assert find("pilot", kind="shots") == []
    assert find("e02", kind="shots") == ["P01", "P02"]
    types = {"path": "entity-types", "ident": show.types["Props"]}
    find.service.call("admin", "update_row", **types, data={"name": "Vehicles"})
    assert find("vehicles boat") == ["Boat", "Elsewhere", "Tree"]
    assert find("props") == []


def test_a_new_name_of_a_type_writes_no_entry(show: Show, find: Searched) -> None:
    """Of however many assets: it is found by its beginning, and with typing errors."""
    cursor = find.service.database.raw.cursor()

    def entries() -> Any:
        cursor.execute("SELECT id, ctid, doc FROM search_entry ORDER BY id")
        return cursor.fetchall()

    before = entries()
    types = {"path": "entity-types", "ident": show.types["Props"]}
    find.service.call("admin", "update_row", **types, data={"name": "Große Fahrzeuge"})
    assert entries() == before
    for typed in ("gross", "fahr", "fahrzuege", "große fahrzeuge", "fahrzeuge gross"):
        assert find(typed) == ["Boat", "Elsewhere", "Tree"], typed
    assert find("fahrzeuge tree") == ["Tree", "Boat", "Elsewhere"]
    assert find("tree fahrzeuge") == ["Tree"]
    assert find.rows("fahr")["assets"][0]["matched_terms"] == ["name"]


def test_a_type_of_another_kind_moves_its_entities(show: Show, find: Searched) -> None:
    """Reserved names say what is no asset; only imports give one to another type."""
    rename = "UPDATE entity_type SET name = %s WHERE id = %s"
    cursor = find.service.database.raw.cursor()
    cursor.execute(rename, ("Old Scene", show.types["Scene"]))
    cursor.execute(rename, ("Scene", show.types["Props"]))
    assert find("tree") == find("boat") == []
    cursor.execute(rename, ("Props", show.types["Props"]))
    assert find("props tree") == ["Tree", "Boat", "Elsewhere"]


def test_words_of_types_outlive_the_entities(show: Show, find: Searched) -> None:
    """An import may empty the table, and bring entities of types that are there."""
    cursor = find.service.database.raw.cursor()
    cursor.execute("TRUNCATE entity CASCADE")
    find.service.call(
        "admin",
        "create_asset",
        project_id=show.project,
        asset_type_id=show.types["Props"],
        data={"name": "Sail"},
    )
    assert find("porps") == ["Sail"]


def test_what_changes_is_found_at_once(show: Show, find: Searched) -> None:
    """Created, renamed, described, of another kind, deleted."""
    made = find.service.call(
        "manager",
        "create_asset",
        project_id=show.project,
        asset_type_id=show.types["Props"],
        data={"name": "Fountain", "data": {"material": "marble"}},
    )
    assert find("fountain") == find("marble") == ["Fountain"]
    find.change(made["id"], name="Well", description="Deep.", data={"material": "granite"})
    assert find("fountain") == find("marble") == []
    assert find("deep") == find("granite") == ["Well"]
    find.change(made["id"], entity_type_id=show.types["Concept"])
    assert find("deep") == []
    find.change(made["id"], entity_type_id=show.types["Edit"])
    assert (find("deep"), find("deep", kind="edits")) == ([], ["Well"])
    find.service.call("admin", "delete_row", path="entities", ident=made["id"])
    assert find("deep", kind="edits") == []


def test_technical_numbers_of_shots_are_not_searched(show: Show, find: Searched) -> None:
    """Frames are numbers for machines."""
    data = {"frame_in": "1007", "fps": "2500", "weather": "1007 drops"}
    find.change(show.shots[0], data=data)
    (row,) = find.rows("1007")["shots"]
    assert row["matched_terms"] == ["weather"]
    assert find("2500", kind="shots") == []
    find.change(show.prop, data={"frame_in": "1007"})
    assert find("1007") == ["Tree"]


def test_pages_follow_each_other(show: Show, find: Searched) -> None:
    """However deep they are, whether few or very many match."""
    cursor = find.service.database.raw.cursor()
    for number in range(2300):
        show.entity(f"Rock{number:04}", "Props")
    for number in range(30):
        show.entity(f"Rook{number:02}", "Props", description="pebble" if number % 2 else "pebbel")
    find = Searched(find.service, show)
    cursor.execute("ANALYZE search_entry")
    rocks = [f"Rock{number:04}" for number in range(2300)]
    assert find("rock") == rocks[:10]
    assert find("rock", offset=2000, limit=100) == rocks[2000:2100]
    assert find("rock", offset=2295) == rocks[2295:]
    assert find("rock", offset=9999) == []
    rooks = [f"Rook{number:02}" for number in range(30)]
    every = ["Boat", "Elsewhere", *rocks, *rooks, "Tree"]
    assert find("props", offset=2000, limit=1000) == every[2000:]
    exact, similar = find("pebble", limit=15), find("pebble", offset=15, limit=50)
    assert exact == [f"Rook{number:02}" for number in range(1, 30, 2)]
    assert similar == [f"Rook{number:02}" for number in range(0, 30, 2)]
    assert find("pebble", offset=13, limit=4) == [*exact[13:], *similar[:2]]
    assert len(find("rock", limit=5000)) == 1000


def test_indexing_reads_no_whole_table(show: Show, find: Searched) -> None:
    """Though the connection planned it while the tables were small."""
    cursor = find.service.database.raw.cursor()
    cursor.execute("ANALYZE entity, entity_type, search_entry, search_word")
    ids = [row["id"] for row in show.tables["entity"]]
    tables = ("entity", "entity_type", "search_entry", "search_word")
    read = "SELECT sum(pg_stat_get_xact_tuples_returned(t::regclass)) FROM unnest(%s) AS t"
    counts = []
    for _ in range(2):
        cursor.execute(read, ([*tables],))
        counts.append(cursor.fetchone())
        cursor.execute("SELECT search_refresh(CAST(%s AS uuid[]))", (ids,))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("near", [0, 3, 20, 1000])
def test_common_words_are_read_in_the_order_of_fields_and_names(
    show: Show, find: Searched, monkeypatch: pytest.MonkeyPatch, near: int
) -> None:
    """However many of them are found at the beginning of the alphabet."""
    monkeypatch.setattr(finding, "RANKED", 4)
    monkeypatch.setattr(finding, "NEAR", near)
    fields = {"": "name", "desc": "description", "meta": "metadata"}
    for number in range(60):
        kind = (*fields, "none")[number % 4]
        show.entity(
            f"{'pebble ' if not kind else ''}{number * 37 % 60:02}",
            "Props",
            description="pebble" if kind == "desc" else "",
            data={"level": "pebble"} if kind == "meta" else {},
            project_id=show.other_project if number % 5 == 0 else show.project,
        )
    find = Searched(find.service, show)

    def expected(project: str) -> list[str]:
        rows = [row for row in show.tables["entity"] if row["project_id"] == project]
        ranks = [
            lambda row: row["name"].startswith("pebble"),
            lambda row: row.get("description") == "pebble",
            lambda row: row.get("data") == {"level": "pebble"},
        ]
        return [name for has in ranks for name in sorted(row["name"] for row in rows if has(row))]

    for who, project in (("artist", show.project), ("admin", show.other_project)):
        every = expected(project)
        assert len(every) > finding.RANKED
        for offset, limit in ((0, 3), (0, 50), (3, 4), (10, 30), (len(every), 5)):
            found = find("pebble", who, offset=offset, limit=limit, project_id=project)
            assert found == every[offset : offset + limit], (who, offset, limit)


@pytest.mark.usefixtures("props")
def test_entries_are_found_by_their_words(find: Searched, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a kind are not walked through, in whatever order; but for the first few by name."""
    monkeypatch.setattr(finding, "RANKED", 1)
    # Sent with each statement, on connections that are no test's.
    find.service.database.raw.cursor().execute("SET LOCAL enable_seqscan = off")
    with explained(find.service, monkeypatch) as plans:
        find("tree")
        find("lantren hause")
    every = [node for plan in plans for node, _ in nodes(plan)]
    first = [node for node in every if node.get("Subplan Name") == "CTE near"]
    used = [node.get("Index Name") for node in every]
    assert first
    assert used.count("ix_search_entry_name") == len(first)
    assert "ix_search_entry_doc" in used
    assert not [
        fault for plan in plans for fault in reads_whole(plan, "search_entry") if "Seq" in fault
    ]


# --- rights ---------------------------------------------------------------------------------------


def test_people_search_in_their_open_productions(show: Show, find: Searched) -> None:
    """Administrators in all open ones; a production named narrows that down."""
    everything = ["Boat", "Elsewhere", "Tree"]
    assert find("props") == find("props", "manager") == everything
    for who in ("supervisor", "artist", "client"):
        assert find("props", who) == ["Boat", "Tree"], who
    assert find("props", "stranger") == []
    assert find("props", project_id=show.other_project) == ["Elsewhere"]
    assert find("props", "artist", project_id=show.other_project) == []
    for who in ("admin", "manager", "artist"):
        assert find("props", who, project_id=show.past) == [], who
        assert find("props", who, project_id=str(uuid4())) == [], who


def test_vendors_find_what_is_assigned_to_them(show: Show, find: Searched) -> None:
    """Sequences and episodes with their shots."""
    find.service.fakes.replies["tasks.list_assigned_entities"] = [show.shots[1], show.boat]
    assert find("props", "vendor") == ["Boat"]
    assert find("s01", "vendor", "shots") == ["P02"]
    assert find("e01", "vendor", "sequences") == ["S01"]
    assert find("e02", "vendor", "episodes") == []


def test_vendors_find_nothing_by_metadata_of_other_departments(show: Show, find: Searched) -> None:
    """Nor are they told that it is there."""
    secret = show.add(
        "metadata_descriptor",
        "secret",
        project_id=show.project,
        entity_type="Asset",
        name="Secret",
        field_name="secret",
        data_type="string",
    )
    show.link(
        "department_metadata_descriptor_link",
        metadata_descriptor_id=secret,
        department_id=show.department,
    )
    row = next(row for row in show.tables["entity"] if row["id"] == show.boat)
    row["data"] = {"secret": "submarine", "open": "harbour"}
    find = Searched(find.service, show)
    find.service.fakes.replies["tasks.list_assigned_entities"] = [show.boat]
    assert find("submarine", "artist") == ["Boat"]
    assert find("submarine", "vendor") == find("submarien", "vendor") == []
    (hit,) = find.rows("harbour submarine", "vendor")["assets"]
    assert (hit["matched_terms"], hit["data"]) == (["open"], {"open": "harbour"})


# --- odd questions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "%%%",
        "___",
        "\\\\\\",
        "'''",
        '"""',
        "🌲🌲🌲",
        ":*&",
        "a & !b",
        "(((",
        "   ",
        "\t\n\r",
        "-- x",
        "' OR 1",
    ],
)
def test_signs_are_no_words(find: Searched, typed: str) -> None:
    """And no operators."""
    assert find.rows(typed) == {kind: [] for kind in ALL}


@pytest.mark.parametrize("typed", ["", "a", "ab", "éa"])
def test_short_questions_find_nothing(find: Searched, typed: str) -> None:
    """Not even a key."""
    assert find.rows(typed) == {}


@pytest.mark.parametrize(
    "typed", ["tree " * 2000, "x" * 10_000, "é" * 10_000, "tree" + " %" * 5000]
)
def test_long_questions_are_answered(find: Searched, typed: str) -> None:
    """By what stands at their beginning."""
    assert find(typed) == (["Tree"] if typed.startswith("tree") else [])


def test_only_the_kinds_asked_for_are_answered(find: Searched) -> None:
    """Others are ignored; the usual ones are assets and shots."""
    for names, keys in (
        (["shots", "nonsense", "persons"], {"shots"}),
        (["persons"], set()),
        ([], set()),
        (["edits", "edits"], {"edits"}),
    ):
        assert find.rows("tree", index_names=names).keys() == keys
    usual = find.service.call("admin", "search_entities", data={"query": "tree"})
    assert usual.keys() == {"assets", "shots"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("query", ["tree"]),
        ("query", "tr\x00ee"),
        ("query", None),
        ("limit", 0),
        ("limit", "many"),
        ("limit", 1.5),
        ("offset", -1),
        ("offset", {}),
        ("project_id", "x"),
        ("index_names", "assets"),
    ],
)
def test_malformed_questions_are_refused(find: Searched, field: str, value: Any) -> None:
    """With the name of the field."""
    with pytest.raises(InvalidInput) as refused:
        find.rows(**{"typed": "tree", field: value} if field != "query" else {"typed": value})
    (error,) = refused.value.data["errors"]
    assert error["field"].partition(".")[0] == field


def test_odd_rows_are_indexed(show: Show, find: Searched) -> None:
    """Metadata that is no object, and texts beyond any limit, fail no write."""
    cursor = find.service.database.raw.cursor()
    insert_many(cursor, table_of(Entity), 20, project_id=[show.project])
    for data in ("[1]", '"text"', "5", "null", '{"a": null, "b": {"c": ["deepest"]}}'):
        cursor.execute("UPDATE entity SET data = %s WHERE id = %s", (data, show.prop))
    assert find("deepest") == ["Tree"]
    words = " ".join(f"w{number}x" for number in range(200_000))
    for text in (words, "y" * 1_000_000, "🌲" * 100_000):
        find.change(show.prop, description=text, data={"long": text})
    assert UUID(find.rows("tree")["assets"][0]["id"]) == UUID(show.prop)
