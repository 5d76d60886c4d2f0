"""The service, composed of its RPC mixins."""

from services.common.access.rules import any_of, manager, studio_manager, team
from services.common.contracts.crud.events import ProjectThumbnailSet
from services.common.crud.rpc import CrudRpc
from services.common.database.tables import table_of
from services.common.files.avatars import Avatar, AvatarRpc, avatar_of
from services.common.files.rpc import FilesRpc
from services.crud.budgets.rpc import BudgetRpc
from services.crud.budgets.rpc_entries import BudgetEntryRpc
from services.crud.config import CrudSettings
from services.crud.console.rpc import ConsoleRpc
from services.crud.dead_letters.rpc import DeadLetterRpc
from services.crud.departments.rpc import DepartmentRpc
from services.crud.event_log import EventLogRpc
from services.crud.history.partitions import HistoryPartitionRpc
from services.crud.history.rpc import HistoryRpc
from services.crud.models import ApiEvent, Base, dead_letter
from services.crud.pipeline import rpc_backgrounds
from services.crud.pipeline.rpc import PipelineRpc
from services.crud.pipeline.rpc_backgrounds import BackgroundRpc
from services.crud.pipeline.rpc_productions import FileProductionRpc
from services.crud.planning.rpc import PlanningRpc
from services.crud.playlists.rpc import PlaylistRpc
from services.crud.policy.event_log import EVENTS
from services.crud.policy.files import OUTPUT_FILES, WORKING_FILES
from services.crud.policy.playlists import PLAYLISTS
from services.crud.policy.projects import PROJECTS
from services.crud.policy.schedules import (
    MILESTONES,
    SCHEDULE_ITEMS,
    SCHEDULE_VERSIONS,
    SCHEDULED_TASKS,
)
from services.crud.policy.searches import SEARCH_GROUPS, SEARCHES
from services.crud.policy.webhooks import WEBHOOKS
from services.crud.productions.handlers import ProductionHandlers
from services.crud.productions.rpc import ProductionRpc
from services.crud.productions.rpc_links import TypeLinkRpc
from services.crud.productions.rpc_order import OrderRpc
from services.crud.productions.rpc_settings import ProjectSettingsRpc
from services.crud.productions.rpc_softwares import SoftwareRpc
from services.crud.productions.rpc_team import TeamRpc
from services.crud.resources import RESOURCES
from services.crud.saved_searches.rpc import SavedSearchRpc
from services.crud.schedules.rpc_items import ScheduleRpc
from services.crud.schedules.rpc_versions import ScheduleVersionRpc
from services.crud.subscribers.rpc import SubscriberRpc
from services.crud.templates.rpc_apply import TemplateRpc
from services.crud.templates.rpc_lists import TemplateListRpc
from services.crud.templates.rpc_settings import TemplateSettingsRpc
from services.crud.webhooks.rpc import WebhookRpc


class CrudService(
    CrudRpc,
    FilesRpc,
    AvatarRpc,
    PlanningRpc,
    ProjectSettingsRpc,
    PipelineRpc,
    FileProductionRpc,
    PlaylistRpc,
    ProductionRpc,
    ProductionHandlers,
    SavedSearchRpc,
    TypeLinkRpc,
    OrderRpc,
    SoftwareRpc,
    TeamRpc,
    BudgetRpc,
    BudgetEntryRpc,
    DepartmentRpc,
    ScheduleRpc,
    ScheduleVersionRpc,
    TemplateRpc,
    TemplateListRpc,
    TemplateSettingsRpc,
    EventLogRpc,
    HistoryRpc,
    HistoryPartitionRpc,
    BackgroundRpc,
    WebhookRpc,
    DeadLetterRpc,
    ConsoleRpc,
    SubscriberRpc,
):
    """The studio's records."""

    name = "crud"
    settings_class = CrudSettings
    metadata = Base.metadata
    registry = RESOURCES
    policies = (
        PROJECTS,
        PLAYLISTS,
        SCHEDULE_ITEMS,
        MILESTONES,
        SCHEDULE_VERSIONS,
        SCHEDULED_TASKS,
        WORKING_FILES,
        OUTPUT_FILES,
        SEARCHES,
        SEARCH_GROUPS,
        EVENTS,
        WEBHOOKS,
    )
    event_log = table_of(ApiEvent).name
    dead_letters = dead_letter.name
    avatars = {
        "projects": Avatar(
            read=any_of(studio_manager, team),
            write=manager,
            new_event=lambda ident: ProjectThumbnailSet(project_id=ident),
            only_without_extension=(
                "Upload project thumbnails on the url without extension: "
                "/pictures/thumbnails/projects/<project_id>."
            ),
        ),
    }
    row_files = (avatar_of("projects", "project"), rpc_backgrounds.FILES)
