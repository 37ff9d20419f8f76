"""What lists need of pages, opened once."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.page_summaries import PageSummaries
from ingest.catalog.editions import Edition
from ingest.pages import EditionText
from tests.fakes import FakeLibrary
from tests.served import DIGEST, small


@dataclass
class Counting(FakeLibrary):
    """A library that counts how often a text is opened."""

    opened: list[str] = field(default_factory=list)

    def text(self, edition: Edition) -> EditionText:
        self.opened.append(edition.key)
        return super().text(edition)


def test_text_is_opened_once_a_generation() -> None:
    """Two lists open it once; another generation, in which it may read otherwise, again."""
    summaries = PageSummaries()
    first = Counting(small().texts)
    second = Counting(small().texts, id="g-next")

    assert ("表紙", "1") == summaries.of(first, DIGEST).labels
    assert ("表紙", "1") == summaries.of(first, DIGEST).labels
    assert 1 == len(first.opened)
    summaries.of(second, DIGEST)
    assert 1 == len(second.opened)
