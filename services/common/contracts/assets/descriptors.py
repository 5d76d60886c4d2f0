"""Bodies and answers of metadata descriptors: a production's own columns."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, get_args

from services.common.contracts.types import NOT_BLANK, UNSET, Body, Id, RowOf, UnsetType, about

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
