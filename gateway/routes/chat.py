"""Routes of ``chat``."""

from gateway.routes.table import data

ROUTES = (
    *data("chats", service="chat"),
    *data("chat-messages", service="chat"),
)
