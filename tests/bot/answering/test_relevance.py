"""What shape a sentence has, and what that counts."""

from __future__ import annotations

from bot.answering.relevance import fitting, plain, shape_weight
from bot.asking.question import Wants


def test_a_day_is_told_by_a_year_and_a_list_by_nothing() -> None:
    """Commas stand in most sentences, so a list that is asked for is not known by them."""
    assert 1.0 == fitting(Wants.DATE, plain("令和7年度に配る"))
    assert 0.0 == fitting(Wants.LIST, plain("町、村、市が、次の順に配る"))
    assert 0.0 == shape_weight(Wants.LIST)
