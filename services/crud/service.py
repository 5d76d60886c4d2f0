"""The service's table of contents."""

from services.common.access.rules import admin, any_of, studio_manager, team
from services.common.config import FileSettings
from services.common.contracts.crud import ProjectThumbnailSet
from services.common.crud.rpc import CrudRpc
from services.common.files.avatars import Avatar, AvatarRpc, avatar_of
from services.common.files.rpc import FilesRpc, Kept
from services.crud import rpc_backgrounds
from services.crud.event_log import EventLog
from services.crud.models import Base
from services.crud.resources import RESOURCES
from services.crud.rpc_backgrounds import BackgroundRpc
from services.crud.rpc_calendar import CalendarRpc
from services.crud.rpc_choices import ChoiceRpc
from services.crud.rpc_pipeline import PipelineRpc
from services.crud.rpc_playlists import PlaylistRpc
from services.crud.rpc_productions import ProductionRpc
from services.crud.rpc_saved import SavedRpc
from services.crud.rpc_settings import SettingsRpc
from services.crud.rpc_team import TeamRpc


class CrudService(
    CrudRpc,
    FilesRpc,
    AvatarRpc,
    CalendarRpc,
    ChoiceRpc,
    PipelineRpc,
    PlaylistRpc,
    ProductionRpc,
    SavedRpc,
    SettingsRpc,
    TeamRpc,
    EventLog,
    BackgroundRpc,
):
    """The studio's records."""

    name = "crud"
    settings_class = FileSettings
    metadata = Base.metadata
    registry = RESOURCES
    avatars = {
        "projects": Avatar(
            read=any_of(studio_manager, team),
            write=admin,
            told=lambda ident: ProjectThumbnailSet(project_id=ident),
        ),
    }
    kept = {
        "projects": avatar_of("project"),
        rpc_backgrounds.PREFIX: Kept("preview_background_file", rpc_backgrounds.NAMES),
    }
