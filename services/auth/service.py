"""The service's table of contents."""

from services.auth.config import AuthSettings
from services.auth.models import Base
from services.auth.resources import RESOURCES
from services.auth.rpc_factor import FactorRpc
from services.auth.rpc_log import LogRpc
from services.auth.rpc_person import PersonRpc


class AuthService(FactorRpc, LogRpc, PersonRpc):
    """People, the studio, sessions."""

    name = "auth"
    settings_class = AuthSettings
    metadata = Base.metadata
    registry = RESOURCES
