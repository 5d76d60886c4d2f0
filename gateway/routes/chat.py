"""Routes of ``chat``."""

from gateway.routes.table import Body, Route, data

MESSAGES = "/data/entities/{entity_id}/chat/messages"
JOIN = "/actions/user/chats/{entity_id}/join"

# fmt: off
ROUTES = (
    Route("GET",    "/data/entities/{entity_id}/chat", "chat.show_chat", effect=True),
    Route("GET",    MESSAGES,                          "chat.list_messages", query=True, effect=True),
    Route("POST",   MESSAGES,                          "chat.post_message", status=201, body=Body.MULTIPART, files="attachments"),
    Route("GET",    MESSAGES + "/{message_id}",        "chat.show_message"),
    Route("DELETE", MESSAGES + "/{message_id}",        "chat.delete_message", status=204),
    Route("POST",   JOIN,                              "chat.join_chat"),
    Route("DELETE", JOIN,                              "chat.leave_chat", status=204),
    Route("GET",    "/data/user/chats",                "chat.list_own_chats"),
    *data("chats", service="chat"),
    *data("chat-messages", service="chat"),
)
# fmt: on
