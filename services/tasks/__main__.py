"""Start the service: ``python -m services.tasks``."""

from services.common.main import main  # isort: skip - patches the standard library first

from services.tasks.service import TasksService

main(TasksService)
