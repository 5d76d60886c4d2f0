"""The topics that operations are listed under: what belongs together for people."""

from __future__ import annotations

from typing import Final, NamedTuple

from deploy.docs.declarations import resource_of, resources, service_class
from gateway.routes.table import Route


class Topic(NamedTuple):
    """A topic, with the resources and the packages of RPC methods that belong to it."""

    name: str
    description: str
    resources: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


TOPICS: Final = (
    Topic(
        "Sessions",
        "Logging in and out, passwords, second factors.",
        packages=("services.auth.sessions", "services.auth.internal"),
    ),
    Topic(
        "People",
        "People, bots, departments and the studio itself.",
        ("persons", "departments", "studios", "organisations"),
        ("services.auth.people", "services.crud.departments", "services.common.files"),
    ),
    Topic(
        "Productions",
        "Films, series and commercials: their settings, their teams, what they start from.",
        ("projects", "project-status", "project-templates"),
        ("services.crud.productions", "services.crud.templates"),
    ),
    Topic(
        "Entities",
        "Assets, shots, sequences, scenes, episodes, edits and concepts.",
        ("entities", "entity-types"),
        ("services.assets.entities", "services.tasks.overview"),
    ),
    Topic(
        "Casting",
        "Which asset appears where, and the numbered copies of assets.",
        ("entity-links", "asset-instances"),
        ("services.assets.casting", "services.assets.instances"),
    ),
    Topic(
        "Metadata",
        "The columns that productions add to their entities and tasks.",
        ("metadata-descriptors",),
        ("services.assets.descriptors",),
    ),
    Topic(
        "Tasks",
        "The work on entities: who does it, how far it is.",
        ("tasks",),
        ("services.tasks.work",),
    ),
    Topic(
        "Workflow",
        "Kinds of work, states of it, and what a state sets off.",
        ("task-types", "task-status", "status-automations"),
        ("services.tasks.work.rpc_types",),
    ),
    Topic(
        "Time",
        "Time spent on tasks, days off.",
        ("time-spents", "day-offs"),
        ("services.tasks.work.rpc_time", "services.tasks.work.rpc_project_time"),
    ),
    Topic(
        "Figures",
        "What was done in productions: quotas of people, statistics of tasks.",
        packages=("services.tasks.figures",),
    ),
    Topic(
        "Comments",
        "Comments on tasks, with the status they give; replies and files.",
        ("comments", "attachment-files"),
        ("services.tasks.comments", "services.tasks.attachments"),
    ),
    Topic(
        "Previews",
        "Pictures and movies that show the work.",
        ("preview-files", "preview-background-files"),
        ("services.tasks.previews", "services.crud.pipeline.rpc_backgrounds"),
    ),
    Topic(
        "Feeds",
        "Notifications of people, news of productions, subscriptions to tasks.",
        ("notifications", "news", "subscriptions"),
        ("services.tasks.feed",),
    ),
    Topic(
        "Playlists",
        "Previews in an order, for a review.",
        ("playlists",),
        ("services.crud.playlists",),
    ),
    Topic(
        "Chats",
        "One chat an entity.",
        ("chats", "chat-messages"),
        ("services.chat.rpc_chat", "services.chat.rpc_message"),
    ),
    Topic(
        "Planning",
        "Schedules, milestones and budgets.",
        (
            "schedule-items",
            "milestones",
            "production-schedule-versions",
            "production-schedule-version-task-links",
            "budgets",
            "budget-entries",
            "salary-scales",
        ),
        ("services.crud.planning", "services.crud.budgets", "services.crud.schedules"),
    ),
    Topic(
        "Files",
        "Working files, what is exported from them, and the software for it.",
        (
            "working-files",
            "output-files",
            "output-types",
            "file-status",
            "softwares",
            "hardware-items",
        ),
        ("services.crud.pipeline",),
    ),
    Topic(
        "Searches",
        "Full text search, and searches that people save.",
        ("search-filters", "search-filter-groups"),
        ("services.assets.search", "services.crud.saved_searches"),
    ),
    Topic("Event log", "What happened, newest first.", ("events",), ("services.crud.event_log",)),
    Topic(
        "Webhooks",
        "Events sent to URLs, signed and in order.",
        ("webhooks",),
        ("services.crud.webhooks",),
    ),
    Topic(
        "Operations",
        "Dead letters, and how the services and their subscribers do; for administrators.",
        packages=(
            "services.crud.dead_letters",
            "services.crud.console",
            "services.crud.subscribers",
        ),
    ),
    Topic("Live events", "What happens, as it happens.", packages=("services.crud.history",)),
    Topic("Extensions", "Plugins and buttons of the studio's own.", ("plugins", "custom-actions")),
)


def topic_of(route: Route) -> Topic:
    """The topic of a route. One that ``TOPICS`` forgets raises ValueError."""
    resource = resource_of(route, resources())
    if resource is not None:
        (topic,) = (one for one in TOPICS if resource.path in one.resources)
        return topic
    module = getattr(service_class(route.service), route.function).__module__
    # The longest name wins: time spent lies among the tasks' methods.
    return max(
        (topic for topic in TOPICS if _match(topic, module)), key=lambda one: _match(one, module)
    )


def _match(topic: Topic, module: str) -> int:
    """How much of a module's name the topic names."""
    return max(
        (len(name) for name in topic.packages if f"{module}.".startswith(f"{name}.")), default=0
    )
