"""The service's table of contents."""

from services.crud.event_log import EventLog
from services.crud.models import Base
from services.crud.resources import RESOURCES
from services.crud.rpc_settings import SettingsRpc
from services.crud.rpc_team import TeamRpc


class CrudService(TeamRpc, SettingsRpc, EventLog):
    """The studio's records."""

    name = "crud"
    metadata = Base.metadata
    registry = RESOURCES
