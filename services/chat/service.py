"""The service's table of contents."""

from services.chat.models import Base
from services.chat.resources import RESOURCES
from services.common.crud import CrudRpc


class ChatService(CrudRpc):
    """Chats and their messages."""

    name = "chat"
    metadata = Base.metadata
    registry = RESOURCES
