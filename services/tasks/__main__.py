"""Start the service: ``python -m services.tasks``."""

from services.common.runtime.main import main  # isort: skip - patches the standard library first

from services.tasks.service import TasksService

main(TasksService)
