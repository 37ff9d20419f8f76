"""Which issue of a work is in force on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from ingest.catalog.editions import in_force
from tests.fakes import edition

OLD = edition(label="1.0", in_force_from=date(2021, 7, 7))
NEW = edition(label="2.0", in_force_from=date(2022, 4, 1))


def test_the_later_edition_is_in_force_from_its_first_day() -> None:
    """On the day the new edition begins, the old one no longer counts."""
    assert (OLD,) == in_force([OLD, NEW], date(2022, 3, 31))
    assert (NEW,) == in_force([OLD, NEW], date(2022, 4, 1))


def test_before_the_first_edition_nothing_is_in_force() -> None:
    """A work that had not appeared cannot be in force."""
    assert () == in_force([OLD, NEW], date(2021, 7, 6))


def test_an_edition_without_dates_is_in_force_since_ever() -> None:
    """A file whose date nobody knows is searched rather than hidden."""
    undated = edition("leaflet")

    assert (undated,) == in_force([undated], date(1900, 1, 1))


def test_a_withdrawn_edition_does_not_bring_its_predecessor_back() -> None:
    """Withdrawing the current edition leaves the work without one in force."""
    gone = replace(NEW, withdrawn_on=date(2024, 1, 1))

    assert (gone,) == in_force([OLD, gone], date(2023, 12, 31))
    assert () == in_force([OLD, gone], date(2024, 1, 1))


def test_an_edition_that_is_only_listed_is_never_in_force() -> None:
    """What is not held cannot be searched; the held older edition stays."""
    listed = replace(NEW, path=None, sha256=None)

    assert (OLD,) == in_force([OLD, listed], date(2026, 1, 1))


def test_of_two_that_began_together_the_one_listed_later_wins() -> None:
    """A correction issued on the same day replaces the first print."""
    reprint = replace(OLD, label="1.0b")

    assert (reprint,) == in_force([OLD, reprint], date(2026, 1, 1))
