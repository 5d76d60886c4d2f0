"""Routes of ``chat``."""

from gateway.routes.table import Body, Route, data
from services.common.contracts.chat import chats as c
from services.common.contracts.types import Page, PageQuery

MESSAGES = "/data/entities/{entity_id}/chat/messages"
JOIN = "/actions/user/chats/{entity_id}/join"

# fmt: off
ROUTES = (
    Route("GET",    "/data/entities/{entity_id}/chat", "chat.show_chat",      returns=c.ChatOfEntity, effect=True),
    Route("GET",    MESSAGES,                          "chat.list_messages",  returns=list[c.Message] | Page[c.Message], query=PageQuery, effect=True),
    Route("POST",   MESSAGES,                          "chat.post_message",   returns=c.Message, takes=c.NewMessage, status=201, body=Body.MULTIPART, files="attachments"),
    Route("GET",    MESSAGES + "/{message_id}",        "chat.show_message",   returns=c.Message),
    Route("DELETE", MESSAGES + "/{message_id}",        "chat.delete_message", status=204),
    Route("POST",   JOIN,                              "chat.join_chat",      returns=c.ChatRow),
    Route("DELETE", JOIN,                              "chat.leave_chat",     status=204),
    Route("GET",    "/data/user/chats",                "chat.list_own_chats", returns=list[c.OwnChat]),
    *data("chats", service="chat"),
    *data("chat-messages", service="chat"),
)
# fmt: on
