"""Title, edition and date, as a file and its cover give them."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.catalog.facts import Facts, understood
from tests.ingest.pdf.test_headings import page

TODAY = date(2026, 11, 1)


def facts(named: str, *lines: tuple[str, float] | str) -> Facts:
    """What is understood from a file's own title and the lines of its cover."""
    return understood(named, [page(1, *lines)], today=TODAY)


@pytest.mark.parametrize(
    "named",
    ["", "<4D6963726F736F667420>", "untitled", "Microsoft Word - 01 hyoshi.docx", "p01_02.indd"],
)
def test_useless_titles_give_way_to_the_cover(named: str) -> None:
    """What a program wrote as a title is no title; the largest line of the cover is."""
    assert "窓口業務の手引" == facts(named, "総務課", ("窓口業務の手引", 28), "令和６年").title


def test_a_title_that_no_page_says_does_not_count() -> None:
    """What the file calls itself is often the name of the one it was made from."""
    assert "" == facts("公園管理の手引", ("令和６年度版", 28)).title


def test_an_english_title_is_not_a_file_name() -> None:
    """Words with spaces between them are a title, also without Japanese."""
    title = "A Digest of the Manuals"
    assert title == facts(title, ("A Digest of", 28), ("the Manuals", 28), "1 April").title


@pytest.mark.parametrize(
    "line, edition",
    [
        ("第2.0版", "第2.0版"),
        ("第１.３版", "第1.3版"),
        ("Ver. 1.2", "Ver.1.2"),
        ("2024年度版", "2024年度版"),
    ],
)
def test_the_printed_edition_counts(line: str, edition: str) -> None:
    """Editions are printed in several ways, in any width."""
    assert edition == facts("", ("手引", 28), line).edition


def test_without_an_edition_the_date_names_it() -> None:
    """The date in ISO form stands in for a missing edition."""
    assert Facts("窓口の手引", "2021-07-07", date(2021, 7, 7)) == facts(
        "", ("窓口の手引", 28), "令和３年７月７日"
    )


def test_the_latest_date_is_the_revision() -> None:
    """Of the dates of first issue and revisions the last one counts."""
    found = facts("", ("手引", 28), "平成31年４月策定", "令和元年５月改定", "2020年12月改定")

    assert date(2020, 12, 1) == found.published


def test_a_western_year_may_stand_in_brackets() -> None:
    """令和5年（2023年）4月1日 is one date, and it beats an older one beside it."""
    found = facts(
        "", ("手引", 28), "公表日：令和５年（２０２３年）４月１日", "内容は令和3年7月7日現在"
    )

    assert date(2023, 4, 1) == found.published


def test_a_date_to_come_is_no_date_of_publication() -> None:
    """A target year on the cover, or a date after today, says nothing about the edition."""
    assert facts("", ("2030年に向けた展望", 28), "2027年３月までに").published is None


def test_nothing_is_known_of_a_blank_file() -> None:
    """Without a word on any page there are no facts."""
    assert Facts("", None, None) == understood("", [page(1)], today=TODAY)
