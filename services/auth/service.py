"""The service's table of contents."""

from services.auth.config import AuthSettings
from services.auth.models import Base
from services.auth.resources import RESOURCES
from services.auth.rpc_person import PersonRpc
from services.auth.rpc_session import SessionRpc


class AuthService(SessionRpc, PersonRpc):
    """People, the studio, sessions."""

    name = "auth"
    settings_class = AuthSettings
    metadata = Base.metadata
    registry = RESOURCES
