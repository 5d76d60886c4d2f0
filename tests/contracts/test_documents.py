"""Generated documents say what the tables say."""

import pytest

from deploy.docs import catalogue, documents, openapi


@pytest.mark.parametrize(
    ("path", "text"), documents().items(), ids=lambda v: getattr(v, "name", "")
)
def test_a_generated_document_is_current(path, text) -> None:
    """``make docs`` writes it."""
    assert path.read_text() == text


def test_every_event_is_described() -> None:
    """A subscriber reads what it means."""
    for event in catalogue():
        assert (event.__doc__ or "").strip(), event.event_name


def test_every_operation_has_an_id_of_its_own() -> None:
    """Client generators need one."""
    operations = [op["operationId"] for path in openapi()["paths"].values() for op in path.values()]
    assert len(operations) == len(set(operations))
