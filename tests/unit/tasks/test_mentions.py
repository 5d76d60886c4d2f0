"""Who and what a text names."""

from uuid import uuid4

import pytest

from services.common.actor import SYSTEM
from services.tasks.comments.mentions import EMPTY, Circle, circle_of, find, hashtags
from tests.unit.calls import Call

ANN, ANNA, FX = uuid4(), uuid4(), uuid4()
CIRCLE = Circle({ANN: "Ann Lee", ANNA: "Ann Lee Smith"}, {FX: "FX"}, {FX: [ANNA]})


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("@Ann Lee please", {ANN}),
        ("please @Ann Lee Smith", {ANN, ANNA}),
        ("@Ann Leeward", set()),
        ("Ann Lee", set()),
    ],
)
def test_a_name_ends_at_a_space_or_with_the_text(text: str, people: set) -> None:
    """So a longer name that begins alike is another person's."""
    assert set(find(text, CIRCLE).people) == people


def test_a_department_names_its_people() -> None:
    """Those of the production's team."""
    found = find("@FX have a look", CIRCLE)
    assert found.departments == [FX]
    assert found.everybody(CIRCLE) == {ANNA}


def test_hashtags_are_words_in_either_case() -> None:
    """Digits and underscores end them."""
    assert hashtags("#Compositing and #FX2, not # alone") == {"compositing", "fx"}


def test_nobody_is_asked_for_where_nobody_can_be_named() -> None:
    """A text without ``@`` costs no question."""
    call = Call(SYSTEM)
    assert circle_of(call, uuid4(), ["no names"]) is EMPTY
    assert circle_of(call, None, ["@Ann Lee"]) is EMPTY
    assert call.asked == []
