"""A stock nameko service that reacts: nameko run --config config.yaml nameko_subscriber"""

from nameko.events import event_handler


class ReviewBot:
    """Announces new assets and productions."""

    name = "review_bot"

    @event_handler("crud", "project:new")
    def welcome(self, payload):
        """A production was created."""
        print("new production", payload["project_id"], flush=True)

    @event_handler("tasks", "task:update")
    def look(self, payload):
        """A task was changed."""
        print("task:update", payload["task_id"], flush=True)
