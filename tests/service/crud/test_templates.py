"""Project templates: what they use, their order, and productions made from them."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.common.contracts.assets.entities import EntityTypeRow
from services.common.contracts.tasks.workflow import (
    StatusAutomationRow,
    TaskStatusRow,
    TaskTypeRow,
)
from services.common.errors import Integrity, InvalidInput, NotFound, ServiceError
from tests.examples import example
from tests.service.conftest import MakeService
from tests.service.one_service import FORBIDDEN, NOT_FOUND, OK, OneService
from tests.world import World, ident

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
SKY: Final = ident("preview_background_file sky")
EVERYBODY: Final = ("admin", "manager", "supervisor", "artist", "client", "vendor")
KINDS: Final = {
    "task-types": "task_type_id",
    "task-statuses": "task_status_id",
    "asset-types": "asset_type_id",
    "status-automations": "status_automation_id",
    "preview-background-files": "preview_background_file_id",
}
ROWS: Final[dict[str, Any]] = {
    "task-types": TaskTypeRow,
    "task-status": TaskStatusRow,
    "entity-types": EntityTypeRow,
    "status-automations": StatusAutomationRow,
}
#: Two task types, whose names are in the other order than their ids.
FIRST, SECOND = ident("task_type b"), ident("task_type a")
NAMES: Final = {FIRST: "Zeta", SECOND: "Alpha"}


@pytest.fixture
def template(world: World) -> str:
    """The id of a template without anything."""
    return world.add("project_template", "short", name="Short", production_style="2d3d")


@pytest.fixture
def crud(make_service: MakeService, world: World, template: str) -> OneService:
    """The service, with the template; of other services' rows all but ``NOWHERE`` exist."""
    service = make_service("crud")

    def shown(path: str, ids: list[str]) -> list[dict[str, Any]]:
        kind, there = ROWS[path], [one for one in ids if one != NOWHERE]
        names = {} if path == "status-automations" else {"name": "Some"}
        return [
            example(kind, id=one, **{**names, **({"name": NAMES[one]} if one in NAMES else {})})
            for one in there
        ]

    def existing(tables: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: [one for one in ids if one != NOWHERE] for name, ids in tables.items()}

    for name in ("tasks", "assets", "auth"):
        service.fakes.replies[f"{name}.find_existing_rows"] = existing
        service.fakes.replies[f"{name}.list_rows_shown"] = shown
    service.fill(world)
    return service


def thing(kind: str) -> str:
    """The id of something of a kind."""
    return SKY if kind == "preview-background-files" else ident(f"{kind} it")


def link(crud: OneService, template: str, kind: str, **values: Any) -> Any:
    """Have the template use something, as an administrator."""
    body = {KINDS[kind]: thing(kind), **values}
    return crud.call("admin", "link_to_template", template_id=template, kind=kind, data=body)


def listed(crud: OneService, template: str, kind: str) -> Any:
    """What the template uses, as a manager sees it."""
    return crud.call("manager", "list_template_part", template_id=template, kind=kind)


def refusal(crud: OneService, method: str, **arguments: Any) -> tuple[type[ServiceError], str]:
    """How an administrator's call is refused: the error, and its message or the field's name."""
    with pytest.raises(ServiceError) as raised:
        crud.call("admin", method, **arguments)
    error = raised.value
    fields = [fault["field"] for fault in (error.data or {}).get("errors", ())]
    return type(error), fields[0] if fields else error.message


# --- lists ----------------------------------------------------------------------------------------


def test_managers_of_the_studio_see_templates_and_administrators_change_them(
    crud: OneService, template: str
) -> None:
    """Whatever somebody's role in a production."""
    seen = crud.outcomes(EVERYBODY, "list_template_part", template_id=template, kind="task-types")
    assert {who for who, outcome in seen.items() if outcome == OK} == {"admin", "manager"}
    # Rights come before the body and the template.
    for who in EVERYBODY[1:]:
        for method, arguments in (
            ("link_to_template", {"kind": "task-types", "data": {}}),
            ("unlink_from_template", {"kind": "task-types", "ident": "x"}),
            ("reorder_template", {"kind": "task-types", "data": {}}),
            ("set_template_background", {"data": {}}),
            ("set_template_columns", {"data": 3}),
            ("apply_template", {"project_id": crud.world.project}),
        ):
            outcome = crud.outcomes([who], method, template_id=NOWHERE, **arguments)
            assert outcome == {who: FORBIDDEN}, method
        arguments = {"project_id": NOWHERE, "data": {}}
        assert crud.outcomes([who], "template_from_project", **arguments) == {who: FORBIDDEN}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_template_uses_is_listed_and_can_be_dropped(
    crud: OneService, template: str, kind: str
) -> None:
    """Using it twice, or dropping what isn't used, changes nothing but is announced."""
    assert listed(crud, template, kind) == []
    for _ in range(2):
        link(crud, template, kind)
        assert [row["id"] for row in listed(crud, template, kind)] == [thing(kind)]
    for row_id in (thing(kind), thing(kind), "rubbish"):
        drop = {"template_id": template, "kind": kind, "ident": row_id}
        assert crud.answer("admin", "unlink_from_template", **drop).body == b""
    assert listed(crud, template, kind) == []
    assert crud.emitted() == [("project-template:update", {"project_template_id": template})] * 5


@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_link_names_what_is_wrong_first(
    crud: OneService, template: str, kind: str
) -> None:
    """The id, then what it is of, then the template."""
    key = KINDS[kind]

    def refused(template_id: str, data: Any) -> tuple[type[ServiceError], str]:
        arguments = {"template_id": template_id, "kind": kind, "data": data}
        return refusal(crud, "link_to_template", **arguments)

    for data in ({}, {key: ""}, {key: None}, None):
        assert refused(NOWHERE, data) == (InvalidInput, key)
    malformed = f"{key} is required and must be a valid UUID"
    assert refused(NOWHERE, {key: "rubbish"}) == (Integrity, malformed)
    error, message = refused(NOWHERE, {key: NOWHERE})
    assert (error, message.endswith(f" {NOWHERE} does not exist")) == (Integrity, True)
    for unknown in (NOWHERE, "rubbish"):
        assert refused(unknown, {key: thing(kind)}) == (NotFound, "")
    for method in ("list_template_part", "unlink_from_template"):
        more = {"ident": thing(kind)} if method.startswith("unlink") else {}
        assert refusal(crud, method, template_id=NOWHERE, kind=kind, **more)[0] is NotFound
    assert crud.emitted() == []


def test_types_are_in_the_order_of_the_templates_priorities(
    crud: OneService, template: str
) -> None:
    """Equal ones by name; null counts as zero."""
    for name, priority in ((FIRST, None), (SECOND, 0), (thing("task-types"), -1)):
        link(crud, template, "task-types", task_type_id=name, priority=priority)
    rows = listed(crud, template, "task-types")
    assert [(row["name"], row["priority"]) for row in rows] == [
        ("Some", -1),
        ("Alpha", 0),
        ("Zeta", None),
    ]


def test_of_a_linked_type_only_what_is_given_changes(crud: OneService, template: str) -> None:
    """Both bit rates are given by either."""
    rates = {"hd_bitrate_compression": 20, "ld_bitrate_compression": 4}
    first = link(crud, template, "task-types", priority=3, is_client_visible=False, **rates)
    assert first["is_client_visible"] is False
    again = link(crud, template, "task-types")
    unchanged = {name: again[name] for name in (*rates, "priority", "is_client_visible", "id")}
    assert unchanged == {**rates, "priority": 3, "is_client_visible": False, "id": first["id"]}
    changed = link(crud, template, "task-types", hd_bitrate_compression=10)
    assert (changed["hd_bitrate_compression"], changed["ld_bitrate_compression"]) == (10, None)


def test_of_a_linked_status_only_what_is_given_changes(crud: OneService, template: str) -> None:
    """No roles: those it has, or all but clients for a new one; null forgets who may set it."""
    new = link(crud, template, "task-statuses", roles_for_board=[])
    everybody = ["user", "admin", "supervisor", "manager", "vendor"]
    assert (new["roles_for_board"], new["is_client_allowed"]) == (everybody, None)
    given = {"roles_for_board": ["client"], "is_client_allowed": True}
    assert link(crud, template, "task-statuses", **given)["roles_for_board"] == ["client"]
    kept = link(crud, template, "task-statuses", roles_for_board=[], priority=2)
    assert {name: kept[name] for name in given} == given
    assert link(crud, template, "task-statuses", is_client_allowed=None)["priority"] == 2
    (row,) = listed(crud, template, "task-statuses")
    assert (row["link_is_client_allowed"], row["roles_for_board"]) == (None, ["client"])


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("task-statuses", "roles_for_board", ["boss"]),
        ("task-statuses", "priority", "first"),
        ("task-statuses", "is_client_allowed", "perhaps"),
        ("task-types", "hd_bitrate_compression", 0),
        ("task-types", "is_client_visible", 7),
    ],
)
def test_a_bad_value_of_a_link_is_named(
    crud: OneService, template: str, kind: str, field: str, value: Any
) -> None:
    """Nothing is linked."""
    data = {KINDS[kind]: thing(kind), field: value}
    error, name = refusal(crud, "link_to_template", template_id=template, kind=kind, data=data)
    assert (error, name.partition(".")[0]) == (InvalidInput, field)
    assert listed(crud, template, kind) == []


def test_bit_rates_are_those_that_movies_can_have(crud: OneService, template: str) -> None:
    """The low one is compared with the link's high one, else with the template's, else with 28."""
    high, low = "hd_bitrate_compression", "ld_bitrate_compression"

    def refused(**rates: int) -> str:
        data = {"task_type_id": thing("task-types"), **rates}
        arguments = {"template_id": template, "kind": "task-types", "data": data}
        with pytest.raises(Integrity) as raised:
            crud.call("admin", "link_to_template", **arguments)
        return raised.value.message

    wrong = "Invalid bitrate 29. Expected an integer number of Mbit/s between 1 and 28."
    assert refused(hd_bitrate_compression=29) == wrong
    text = "The low definition bitrate ({}) cannot exceed the high definition one ({})."
    assert refused(hd_bitrate_compression=5, ld_bitrate_compression=6) == text.format(6, 5)
    assert link(crud, template, "task-types", ld_bitrate_compression=28)[low] == 28
    crud.call(
        "admin", "update_row", path="project-templates", ident=template, data={high: 10, low: 3}
    )
    assert refused(ld_bitrate_compression=11) == text.format(11, 10)
    # What stays as it was isn't looked at.
    assert link(crud, template, "task-types", ld_bitrate_compression=28)[low] == 28


# --- default background, columns, order -----------------------------------------------------------


def test_the_default_background_is_one_that_the_template_uses(
    crud: OneService, template: str
) -> None:
    """It is none again when it is dropped, or when none is named."""
    arguments: dict[str, Any] = {"template_id": template}
    chosen = {"default_preview_background_file_id": SKY}
    unlinked = (Integrity, "Preview background file is not linked to this template")
    assert refusal(crud, "set_template_background", data=chosen, **arguments) == unlinked
    malformed = {"default_preview_background_file_id": "rubbish"}
    error, field = refusal(crud, "set_template_background", data=malformed, **arguments)
    assert (error, field) == (InvalidInput, "default_preview_background_file_id")
    link(crud, template, "preview-background-files")

    def choose(data: Any) -> Any:
        reply = crud.call("admin", "set_template_background", data=data, **arguments)
        return reply["default_preview_background_file_id"]

    assert (choose(chosen), choose({}), choose(chosen)) == (SKY, None, SKY)
    drop = {"kind": "preview-background-files", "ident": SKY}
    crud.call("admin", "unlink_from_template", **drop, **arguments)
    assert crud.rows("project_template")[0]["default_preview_background_file_id"] is None


def test_columns_are_kept_with_all_of_their_keys(crud: OneService, template: str) -> None:
    """As an object or as the array alone; they replace those that were there."""
    column = {"name": "Sun Light", "departments": [NOWHERE, None], "odd": 1}
    for data in ({"metadata_descriptors": [column]}, [column]):
        reply = crud.call("admin", "set_template_columns", template_id=template, data=data)
        assert reply["metadata_descriptors"] == [
            {
                "name": "Sun Light",
                "field_name": "sun_light",
                "entity_type": None,
                "task_type_id": None,
                "data_type": None,
                "choices": [],
                "for_client": False,
                "departments": [NOWHERE],
                "position": None,
            }
        ]
    data = {"metadata_descriptors": None}
    reply = crud.call("admin", "set_template_columns", template_id=template, data=data)
    assert reply["metadata_descriptors"] == []


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        ([1], Integrity, "metadata_descriptors.0"),
        ([{"name": 5}], InvalidInput, "metadata_descriptors.0.name"),
        ({}, InvalidInput, "metadata_descriptors"),
        (None, InvalidInput, "metadata_descriptors"),
        ({"metadata_descriptors": "x"}, InvalidInput, "metadata_descriptors"),
        ([{"name": {}}], InvalidInput, "metadata_descriptors.0.name"),
        ([{"name": "a\x00"}], InvalidInput, "metadata_descriptors"),
        ([{"choices": ["\x00"]}], InvalidInput, "metadata_descriptors"),
        ([{"position": "first"}], InvalidInput, "metadata_descriptors.0.position"),
    ],
)
def test_bad_columns_are_named(
    crud: OneService, template: str, data: Any, error: type[ServiceError], told: str
) -> None:
    """And none is kept."""
    found, message = refusal(crud, "set_template_columns", template_id=template, data=data)
    assert (found, message.startswith(told)) == (error, True), message
    assert not crud.rows("project_template")[0]["metadata_descriptors"]


@pytest.mark.parametrize(
    ("kind", "key"), [("task-types", "task_type_ids"), ("task-statuses", "task_status_ids")]
)
def test_links_are_put_in_order_and_the_missing_are_added(
    crud: OneService, template: str, kind: str, key: str
) -> None:
    """What else they hold is kept; an id that nobody knows changes nothing."""
    own = {"is_client_visible": False} if kind == "task-types" else {"roles_for_board": ["user"]}
    link(crud, template, kind, priority=9, **own)
    arguments: dict[str, Any] = {"template_id": template, "kind": kind}
    new = [ident(f"new {number}") for number in range(10_000)]

    def reorder(ids: list[str]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = crud.call(
            "admin", "reorder_template", data={key: ids}, **arguments
        )
        return rows

    assert reorder([]) == []
    before = crud.emitted()
    unknown = {key: [new[0], NOWHERE, thing(kind)]}
    error, message = refusal(crud, "reorder_template", data=unknown, **arguments)
    assert (error, f"{NOWHERE} does not exist" in message) == (InvalidInput, True)
    for data, field in (({}, key), ({key: "x"}, key), ({key: [new[0], "x"]}, f"{key}.1")):
        assert refusal(crud, "reorder_template", data=data, **arguments) == (InvalidInput, field)
    for no_texts in ("x", [5], [None]):
        with pytest.raises(InvalidInput, match=r"^Validation error\.$"):
            crud.call("admin", "reorder_template", data={key: no_texts}, **arguments)
    assert [row["priority"] for row in listed(crud, template, kind)] == [9]
    assert crud.emitted() == before
    ids = [*new[:2], thing(kind), *new[2:]]
    links = reorder(ids)
    assert [row[KINDS[kind]] for row in links] == ids
    assert [row["priority"] for row in links] == list(range(1, len(ids) + 1))
    assert {name: links[2][name] for name in own} == own
    assert len(crud.emitted()) == len(before) + len(ids)
    twice = reorder([new[0], new[1], new[0]])
    assert [(row[KINDS[kind]], row["priority"]) for row in twice] == [(new[0], 3), (new[1], 2)]


# --- from a production, onto a production ---------------------------------------------------------


def use_everything(crud: OneService, template: str) -> None:
    """Have the template use something of each kind, with a background to start with."""
    link(crud, template, "task-types", priority=4, hd_bitrate_compression=9)
    link(crud, template, "task-statuses", roles_for_board=["vendor"], is_client_allowed=False)
    for kind in ("asset-types", "status-automations", "preview-background-files"):
        link(crud, template, kind)
    chosen = {"default_preview_background_file_id": SKY}
    crud.call("admin", "set_template_background", template_id=template, data=chosen)


def test_a_template_made_from_a_production_uses_the_same(crud: OneService, template: str) -> None:
    """Its own name and description; the team, dates and numbers of episodes stay behind."""
    world = crud.world
    use_everything(crud, template)
    crud.call("admin", "apply_template", project_id=world.project, template_id=template)
    changes = {"data": {}, "file_tree": {"a": 1}, "max_retakes": 3, "revision_padding": 4}
    crud.call("admin", "update_row", path="projects", ident=world.project, data=changes)
    column = {
        "id": NOWHERE,
        "name": "Sun",
        "field_name": "sun",
        "data_type": "string",
        "choices": [],
        "for_client": True,
        "entity_type": "Shot",
        "task_type_id": None,
        "position": 2,
        "departments": [NOWHERE],
    }
    extras = {"descriptors": {world.project: [column]}, "first_episodes": {}}
    crud.fakes.replies["assets.read_project_extras"] = extras
    arguments = {"project_id": world.project, "data": {"name": "Copy", "description": "Of it"}}
    made = crud.call("admin", "template_from_project", **arguments)
    kept = ("name", "description", "max_retakes", "file_tree", "data", "revision_padding")
    assert [made[name] for name in kept] == ["Copy", "Of it", 3, {"a": 1}, None, 0]
    assert made["default_preview_background_file_id"] == SKY
    assert made["metadata_descriptors"] == [{n: v for n, v in column.items() if n != "id"}]
    for kind in KINDS:
        assert listed(crud, made["id"], kind) == listed(crud, template, kind), kind
    assert crud.emitted()[-1] == ("project-template:new", {"project_template_id": made["id"]})
    taken = "A project template with this name already exists"
    assert refusal(crud, "template_from_project", **arguments) == (Integrity, taken)


@pytest.mark.parametrize(
    ("project", "data", "told"),
    [
        (NOWHERE, {}, (InvalidInput, "name")),
        (NOWHERE, {"name": " "}, (InvalidInput, "name")),
        (NOWHERE, {"name": "x" * 81}, (InvalidInput, "name")),
        (NOWHERE, {"name": "New"}, (NotFound, "")),
        ("rubbish", {"name": "New"}, (NotFound, "")),
    ],
)
def test_no_template_is_made_of_nothing(
    crud: OneService, project: str, data: Any, told: Any
) -> None:
    """The body is looked at before the production."""
    assert refusal(crud, "template_from_project", project_id=project, data=data) == told


def test_a_template_gives_what_a_production_lacks(crud: OneService, template: str) -> None:
    """Settings are overwritten as far as the template has them, links are added."""
    world = crud.world
    use_everything(crud, template)
    settings = {"fps": "30", "ratio": None, "data": {}, "hd_bitrate_compression": 12}
    changes = {**settings, "revision_padding": 5, "is_client_stats_visible": False}
    crud.call("admin", "update_row", path="project-templates", ident=template, data=changes)
    body = {"task_type_id": thing("task-types"), "priority": 8}
    crud.call("manager", "choose", project_id=world.project, kind="task-types", data=body)
    before = {"data": {"a": 1}, "ratio": "4:3", "file_tree": {"b": 2}}
    crud.call("admin", "update_row", path="projects", ident=world.project, data=before)
    shown = crud.call("admin", "apply_template", project_id=world.project, template_id=template)
    got = {name: shown[name] for name in (*settings, "file_tree", "revision_padding")}
    assert got == {
        **settings,
        "ratio": "4:3",
        "file_tree": {"b": 2},
        "revision_padding": 0,
    }
    assert "team" not in shown
    assert shown["is_client_stats_visible"] is False
    assert shown["default_preview_background_file_id"] == SKY
    (used,) = crud.rows("project_task_type_link")
    assert (used["priority"], used["hd_bitrate_compression"]) == (8, None)
    (status,) = crud.rows("project_task_status_link")
    assert (status["roles_for_board"], status["is_client_allowed"]) == (["vendor"], False)
    for table in ("asset_type", "status_automation", "preview_background_file"):
        assert len(crud.rows(f"project_{table}_link")) == 1, table
    (prepared, (name, payload)) = crud.emitted()[-2:]
    assert prepared[0] == "project:prepared"
    assert (prepared[1]["project_id"], prepared[1]["is_new"]) == (world.project, False)
    assert (name, payload["project_id"]) == ("project:update", world.project)


def test_a_production_keeps_the_background_that_it_has(crud: OneService, template: str) -> None:
    """The template's is for those without."""
    world = crud.world
    use_everything(crud, template)
    own = crud.call("admin", "create_row", path="preview-background-files", data={"name": "Own"})
    changes = {"default_preview_background_file_id": own["id"]}
    crud.call("admin", "update_row", path="projects", ident=world.project, data=changes)
    shown = crud.call("admin", "apply_template", project_id=world.project, template_id=template)
    assert shown["default_preview_background_file_id"] == own["id"]


def test_nothing_is_applied_to_or_from_nothing(crud: OneService, template: str) -> None:
    """Unknown or malformed."""
    for project, given in ((NOWHERE, template), (crud.world.project, NOWHERE), ("x", "x")):
        arguments = {"project_id": project, "template_id": given}
        assert crud.outcomes(["admin"], "apply_template", **arguments) == {"admin": NOT_FOUND}
    assert crud.emitted() == []


def test_a_new_production_starts_as_its_template(crud: OneService, template: str) -> None:
    """What the body sets wins, and what it uses is used besides."""
    use_everything(crud, template)
    changes = {"fps": "30", "ratio": "4:3", "data": {"a": 1}, "file_tree": {"b": 1}}
    changes |= {"revision_padding": 3, "production_style": "vfx"}
    crud.call("admin", "update_row", path="project-templates", ident=template, data=changes)
    own = {"name": "New", "fps": "12", "data": {}, "file_tree": {"c": 1}, "task_types": [FIRST]}
    made = crud.call(
        "admin", "create_row", path="projects", data={**own, "project_template_id": template}
    )
    got = [made[name] for name in ("fps", "ratio", "data", "file_tree", "production_style")]
    assert got == ["12", "4:3", {"a": 1}, {"c": 1}, "vfx"]
    assert made["revision_padding"] == 0
    assert set(made["task_types"]) == {FIRST, thing("task-types")}
    assert made["preview_background_files"] == [SKY]
    assert made["default_preview_background_file_id"] == SKY
    names = [name for name, _ in crud.emitted()]
    assert {"project:new", "project:update", "project:prepared"} <= set(names)


@pytest.mark.parametrize("unknown", [NOWHERE, "rubbish", ""])
def test_no_production_is_made_from_an_unknown_template(crud: OneService, unknown: str) -> None:
    """Null is none."""
    data: dict[str, Any] = {"name": "New", "project_template_id": unknown}
    with pytest.raises(NotFound):
        crud.call("admin", "create_row", path="projects", data=data)
    assert crud.rows("project", name="New") == []
    data["project_template_id"] = None
    assert crud.call("admin", "create_row", path="projects", data=data)["name"] == "New"


@pytest.mark.parametrize("path", ["projects", "project-templates"])
def test_bit_rates_of_productions_and_templates_are_checked(
    crud: OneService, template: str, path: str
) -> None:
    """None is fine: then those of the server's settings apply."""
    row = template if path == "project-templates" else crud.world.project
    wrong = {"hd_bitrate_compression": 4, "ld_bitrate_compression": 5}
    kind = Integrity if path == "project-templates" else InvalidInput
    with pytest.raises(kind, match=r"bitrate \(5\) cannot exceed the high definition one \(4\)"):
        crud.call("admin", "update_row", path=path, ident=row, data=wrong)
    with pytest.raises(kind, match="Invalid bitrate 0"):
        crud.call("admin", "create_row", path=path, data={"name": "B", "ld_bitrate_compression": 0})
    made = crud.call("admin", "create_row", path=path, data={"name": "B"})
    assert (made["hd_bitrate_compression"], made["ld_bitrate_compression"]) == (None, None)
    assert made["is_client_task_list_visible"] is True


def test_bit_rates_of_a_linked_type_are_checked(crud: OneService) -> None:
    """Against the production's, where the link has none."""
    project = crud.world.project
    rates = {"hd_bitrate_compression": 7}
    crud.call("admin", "update_row", path="projects", ident=project, data=rates)
    body = {"project_id": project, "task_type_id": FIRST, "ld_bitrate_compression": 8}
    with pytest.raises(InvalidInput, match=r"bitrate \(8\) cannot exceed"):
        crud.call("manager", "link_task_type", data=body)
    made = crud.call("manager", "link_task_type", data={**body, "ld_bitrate_compression": 7})
    assert (made["ld_bitrate_compression"], made["is_client_visible"]) == (7, True)
