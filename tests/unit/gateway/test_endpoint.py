"""How paths become Falcon's routes."""

from __future__ import annotations

import falcon.asgi
import falcon.testing
import pytest

from gateway import errors
from gateway.endpoint import Unserved, by_position
from services.common.errors import InvalidInput, ServiceError


class Rows:
    """A resource whose ids have a form."""

    async def on_get(self, _req: object, _resp: object, p3: str) -> None:
        """Refuse every id."""
        raise InvalidInput(p3)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_known_path_that_is_not_served_is_not_found(method: str) -> None:
    """Its last word is no malformed id of a row."""
    app = falcon.asgi.App()
    app.add_error_handler(ServiceError, errors.on_service_error)
    app.add_route("/data/persons/{p3}", Rows())
    app.add_route("/data/persons/task-dates", Unserved())
    client = falcon.testing.TestClient(app)
    assert client.simulate_request(method, "/data/persons/task-dates").status_code == 404
    assert client.simulate_get("/data/persons/nonsense").status_code == 400


def test_fields_are_named_for_their_positions() -> None:
    """Falcon allows one name for a position, and routes call them what they mean."""
    assert by_position("/data/tasks/{task_id}/comments/{ident}") == (
        "/data/tasks/{p3}/comments/{p5}",
        {"p3": "task_id", "p5": "ident"},
    )
