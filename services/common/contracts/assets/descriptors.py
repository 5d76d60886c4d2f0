"""Bodies and answers of metadata descriptors: a production's own columns."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, get_args

from services.common.contracts.types import (
    NOT_BLANK,
    UNSET,
    AnyId,
    Body,
    Id,
    Query,
    RowOf,
    UnsetType,
    about,
)

Name = Annotated[
    str,
    about(
        "What the column is called; its key is made of it.",
        "Weather",
        pattern=NOT_BLANK,
        max_length=120,
    ),
]
Kind = Literal[
    "string",
    "number",
    "list",
    "taglist",
    "boolean",
    "checklist",
    "date",
    "url",
    "textarea",
    "person",
]
DataType = Annotated[Kind, about("The kind of its values.", "list", invalid="Invalid data_type")]
TypeName = Literal["Asset", "Shot", "Sequence", "Episode", "Edit", "Project", "Task"]
TYPES: Final[tuple[str, ...]] = get_args(TypeName)
EntityType = Annotated[
    TypeName,
    about(
        "What has it.",
        "Shot",
        invalid=(
            "Wrong entity type. Please select one of these: Asset, Shot, Sequence, Episode, Edit, "
            "Project, Task."
        ),
    ),
]
#: What descriptors of many productions may describe: tasks' belong to one production's task type.
SharedTypeName = Literal["Asset", "Shot", "Edit", "Episode", "Sequence", "Project"]
SHARED_TYPES: Final[tuple[str, ...]] = get_args(SharedTypeName)
WRONG_SHARED_TYPE: Final = (
    "Wrong entity type. Please select Asset, Shot, Sequence, Episode, Edit, or Project."
)
SharedEntityType = Annotated[SharedTypeName, about("What has it.", invalid=WRONG_SHARED_TYPE)]
AnyEntityType = Annotated[
    TypeName,
    about(
        "What has them.",
        invalid=(
            "Wrong entity type. Please select Asset, Shot, Sequence, Episode, Edit, Project, or "
            "Task."
        ),
    ),
]
SharedName = Annotated[
    str, about("What the column is called; its key is made of it.", "Weather", min_length=1)
]
SharedChoices = Annotated[list[str], about("The values to choose from.", ["sun", "rain"])]
SharedDepartments = Annotated[
    list[AnyId], about("The departments that it is meant for; unknown ones are left out.")
]
Choices = Annotated[list[str | int | float], about("The values to choose from.", ["sun", "rain"])]
ForClient = Annotated[bool, about("Whether clients see it.")]


class DescriptorRow(RowOf, kw_only=True):
    """A column that a production adds to its assets, shots or tasks."""

    resource: ClassVar[str] = "metadata-descriptors"


class NewDescriptor(Body, kw_only=True):
    """A column to add."""

    name: Name
    entity_type: EntityType = "Asset"
    data_type: DataType = "string"
    choices: Choices = []
    for_client: ForClient = False
    departments: Annotated[list[Id], about("The departments that it is meant for.")] = []
    task_type_id: Annotated[Id | None, about("Of ``Task`` only: the tasks that have it.")] = None


class DescriptorChanges(Body, kw_only=True):
    """What to change of a column; with a new name its values move to a new key.

    Null empties a list, counts as no for ``for_client``, and leaves the data type as it is.
    """

    name: Name | UnsetType = UNSET
    data_type: DataType | UnsetType | None = UNSET
    choices: Choices | UnsetType | None = UNSET
    for_client: ForClient | UnsetType | None = UNSET
    departments: Annotated[
        list[Id] | UnsetType | None, about("The departments that it is meant for.")
    ] = UNSET
    position: Annotated[int | UnsetType | None, about("Its place among the columns.", 1)] = UNSET


class NewSharedDescriptor(Body, kw_only=True):
    """A column to add to all productions that the caller manages."""

    name: SharedName
    entity_type: SharedEntityType = "Asset"
    data_type: DataType = "string"
    choices: SharedChoices = []
    for_client: ForClient = False
    departments: SharedDepartments = []


class SharedDescriptorChange(Body, kw_only=True):
    """A column of several productions as it becomes; what is left out becomes the default."""

    entity_type: SharedEntityType
    name: Annotated[
        str | None,
        about("A new name, with which its values move to a new key; empty keeps it.", "Weather"),
    ] = None
    data_type: DataType = "string"
    choices: SharedChoices = []
    for_client: ForClient = False
    departments: SharedDepartments = []


class SharedDescriptorQuery(Query, kw_only=True):
    """Which of the columns with that key."""

    entity_type: Annotated[
        SharedEntityType, about("What has it.", "Asset", missing=WRONG_SHARED_TYPE)
    ]


class KeysInOrder(Body, kw_only=True):
    """The order of a kind's columns in several productions."""

    entity_type: SharedEntityType
    field_order: Annotated[
        list[str], about("The keys of the columns, in order.", ["weather", "mood"], min_length=1)
    ]


class DescriptorsInOrder(Body, kw_only=True):
    """The order of a kind's columns in a production."""

    entity_type: AnyEntityType
    descriptor_ids: Annotated[list[AnyId], about("The ids of the columns, in order.", min_length=1)]
