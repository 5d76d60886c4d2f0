"""Start the service: ``python -m services.chat``."""

from services.common.runtime.main import main  # isort: skip - patches the standard library first

from services.chat.service import ChatService

main(ChatService)
