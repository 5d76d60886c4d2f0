"""Bodies, queries and answers of notifications, subscriptions and news."""

from __future__ import annotations

from typing import (
    Annotated,
    ClassVar,
    Final,
)

from services.common.contracts.shapes import ShortPerson
from services.common.contracts.tasks.previews import PreviewFileRow
from services.common.contracts.types import (
    UNSET,
    Answer,
    AskedMoment,
    Body,
    Id,
    Moment,
    NamedId,
    Page,
    PageNumber,
    PageSize,
    Query,
    RowOf,
    UnsetType,
    about,
)

ProductionName = Annotated[str, about("The name of its production.", "Caminandes")]
FullEntityName = Annotated[str, about("The names of its entity and parents.", "E01 / SQ01 / SH010")]
OfEpisode = Annotated[Id | None, about("Its entity's episode.")]
EntityPreview = Annotated[Id | None, about("Its entity's main preview.")]
Change = Annotated[bool, about("Whether the task's status changed.")]
After = Annotated[AskedMoment, about("Only what is newer.", "2026-01-05T10:00:00")]
Before = Annotated[AskedMoment, about("Only what is older.", "2026-01-06")]
NO_BOUND: Final = "Wrong date format for after or before."
WRONG_BOUND: Final = "Wrong date format for {field}."
Mentions = Annotated[list[Id], about("The people whom the comment mentions.")]
Departments = Annotated[list[Id], about("The departments that the comment mentions.")]


class NotificationRow(RowOf, kw_only=True):
    """A notification of a person."""

    resource: ClassVar[str] = "notifications"


class SubscriptionRow(RowOf, kw_only=True):
    """A person's subscription to a task, or to a task type of a sequence."""

    resource: ClassVar[str] = "subscriptions"


class OwnNotification(Answer, kw_only=True):
    """A notification of the caller, with what it is about."""

    id: Id
    type: Annotated[str, about("Always ``Notification``.", "Notification")]
    notification_type: Annotated[
        str,
        about(
            "``comment``, ``mention``, ``assignation``, ``reply``, ``reply-mention`` or "
            "``playlist-ready``.",
            "comment",
        ),
    ]
    created_at: Moment
    read: Annotated[bool, about("Whether the caller has read it.")]
    change: Change
    author_id: Annotated[Id, about("Who brought it about.")]
    comment_id: Id | None
    task_id: Id | None
    task_type_id: Id | None
    task_status_id: Annotated[Id | None, about("The status that the comment set.")]
    project_id: Id | None
    project_name: ProductionName
    playlist_id: Id | None
    playlist_name: Annotated[str, about("The playlist's name; empty without one.", "Dailies")]
    playlist_for_entity: Annotated[
        str | None, about("What the playlist shows; empty without one.", "shot")
    ]
    playlist_is_for_all: Annotated[bool | None, about("Whether the playlist is of all episodes.")]
    preview_file_id: Annotated[Id | None, about("A preview of the comment.")]
    subscription_id: Annotated[Id | None, about("The caller's subscription to the task.")]
    full_entity_name: FullEntityName
    episode_id: OfEpisode
    entity_preview_file_id: EntityPreview
    comment_text: Annotated[str, about("What the comment says.", "Please retake.")]
    mentions: Mentions
    department_mentions: Departments
    reply_text: Annotated[
        str | None, about("What the reply says; empty without one.", "Brighter now.")
    ]
    reply_mentions: Annotated[list[Id] | None, about("The people whom the reply mentions.")]
    reply_department_mentions: Annotated[
        list[Id] | None, about("The departments that the reply mentions.")
    ]


class NewsEntry(Answer, kw_only=True):
    """A comment, preview or change of status in a feed."""

    id: Id
    type: Annotated[str, about("Always ``News``.", "News")]
    created_at: Moment
    change: Change
    author_id: Annotated[Id, about("Who brought it about.")]
    person: Annotated[ShortPerson | None, about("Who brought it about.")]
    comment_id: Id | None
    task_id: Id
    task_type_id: Id | None
    task_status_id: Annotated[Id | None, about("The status that the comment set.")]
    task_entity_id: Annotated[Id | None, about("The task's entity.")]
    preview_file_id: Id | None
    preview_file_extension: Annotated[str | None, about("The preview's extension.", "mp4")]
    preview_file_revision: Annotated[int | None, about("The preview's revision.", 3)]
    project_id: Id | None
    project_name: ProductionName
    full_entity_name: FullEntityName
    episode_id: OfEpisode
    entity_preview_file_id: EntityPreview
    preview_files: Annotated[
        list[PreviewFileRow] | UnsetType,
        about("The previews of that revision; in feeds with ``only_preview`` only."),
    ] = UNSET


class NewsPage(Page[NewsEntry], kw_only=True):
    """A page of a feed."""

    stats: Annotated[
        dict[str, int],
        about("How often each status was set on all pages, by its id."),
    ]


# --- queries and bodies ---------------------------------------------------------------------------


class NotificationQuery(Query, kw_only=True):
    """Which of the hundred newest notifications to list."""

    bare: ClassVar[bool] = True

    after: Annotated[After | UnsetType, about("Only what is newer.", invalid=NO_BOUND)] = UNSET
    before: Annotated[Before | UnsetType, about("Only what is older.", invalid=NO_BOUND)] = UNSET
    task_type_id: NamedId | UnsetType = UNSET
    task_status_id: NamedId | UnsetType = UNSET
    type: Annotated[str | UnsetType, about("Only of this type.", "mention")] = UNSET
    read: Annotated[bool | UnsetType, about("Whether they are read.")] = UNSET
    watching: Annotated[
        bool | UnsetType, about("Whether the caller is subscribed to the task.")
    ] = UNSET


class NewsQuery(Query, kw_only=True):
    """Which entries of a feed to list."""

    page: PageNumber = 1
    limit: Annotated[PageSize, about("Entries on a page.", 50)] = 50
    only_preview: Annotated[bool, about("Only with a preview.")] = False
    task_type_id: NamedId | UnsetType = UNSET
    task_status_id: NamedId | UnsetType = UNSET
    person_id: Annotated[NamedId | UnsetType, about("Only by this author.")] = UNSET
    episode_id: Annotated[NamedId | UnsetType, about("Only about this episode's entities.")] = UNSET
    after: Annotated[After | UnsetType, about("Only what is newer.", invalid=WRONG_BOUND)] = UNSET
    before: Annotated[Before | UnsetType, about("Only what is older.", invalid=WRONG_BOUND)] = UNSET


class NewsOfProductionsQuery(NewsQuery, kw_only=True):
    """Which entries of the productions' feeds to list."""

    project_id: Annotated[
        Id | UnsetType, about("Of this production; else of the caller's open productions.")
    ] = UNSET


class ReadMark(Body, kw_only=True):
    """Whether a notification is read."""

    read: Annotated[bool, about("Whether it is read now.")]
