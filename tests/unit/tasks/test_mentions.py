"""Mentions and hashtags in texts."""

from uuid import uuid4

import pytest

from services.common.actor import SYSTEM
from services.tasks.comments.mentions import EMPTY, Team, ask_team, find, hashtags
from tests.unit.calls import Call

ANN, ANNA, FX = uuid4(), uuid4(), uuid4()
TEAM = Team({ANN: "Ann Lee", ANNA: "Ann Lee Smith"}, {FX: "FX"}, {FX: [ANNA]})


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
    """A longer name with the same start is another person's."""
    assert set(find(text, TEAM).people) == people


def test_a_department_stands_for_its_members() -> None:
    """Those in the production's team."""
    result = find("@FX have a look", TEAM)
    assert result.departments == [FX]
    assert result.everybody(TEAM) == {ANNA}


def test_hashtags_are_case_insensitive_words() -> None:
    """Digits and underscores end them."""
    assert hashtags("#Compositing and #FX2, not # alone") == {"compositing", "fx"}


def test_a_text_without_mentions_makes_no_call() -> None:
    """Without ``@`` there are none."""
    call = Call(SYSTEM)
    assert ask_team(call, uuid4(), ["no names"]) is EMPTY
    assert ask_team(call, None, ["@Ann Lee"]) is EMPTY
    assert call.asked == []
