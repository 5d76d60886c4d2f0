"""The service's table of contents."""

from services.chat.descriptions import DESCRIBER
from services.chat.models import Base
from services.chat.resources import RESOURCES
from services.chat.rpc_chat import ChatRpc
from services.chat.rpc_message import MessageRpc
from services.common.crud.describing import DescriptionRpc
from services.common.crud.rpc import CrudRpc


class ChatService(CrudRpc, ChatRpc, MessageRpc, DescriptionRpc):
    """Chats and their messages."""

    name = "chat"
    metadata = Base.metadata
    registry = RESOURCES
    describer = DESCRIBER
