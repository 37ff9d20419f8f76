"""Signals: what a row of numbers says of a candidate beside the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bot.answering.lines import Reader
from bot.answering.signals import NAMES, asked, candidates, tells_contact
from bot.asking.reading import read
from index.passages import Filters
from index.search.expanding import Expanding
from index.search.glossary import Glossary
from index.search.synonyms import Synonyms
from ingest.language.words import meant
from ingest.pages import Block, BlockKind, EditionText
from tests.fakes import FakeLibrary, edition, page
from tests.searched import bm25


def told(
    question: str,
    name: str,
    lines: Sequence[str],
    *,
    rows: bool = False,
    glossary: Glossary | None = None,
) -> dict[str, float]:
    """Return a signal of each candidate on a page of lines, by the candidate's text."""
    blocks: list[Block] = []
    at = 0
    for line in lines:
        blocks.append(Block(at, at + len(line), BlockKind.ROW if rows else BlockKind.TEXT, 10.0))
        at += len(line) + 1
    text = EditionText((replace(page(1, "\n".join(lines)), blocks=tuple(blocks)),))
    library = FakeLibrary({edition("fees", title="使用料"): text}, glossary=glossary or Glossary())
    passages = library.retrieve(question, k=5, filters=Filters(groups=None))
    found = candidates(asked(read(question), library), passages, library, Reader())
    column = found.rows[:, NAMES.index(name)]
    return {one.text: float(value) for one, value in zip(found.found, column, strict=True)}


def test_words_of_several_rows_make_no_answer() -> None:
    """Two rows say all words between them, and neither says more than half of it."""
    rows = ("会長\t能率給\t年額", "代理\t基本給\t月額", "会長\t基本給\t日額")
    question = "会長の基本給"

    line = told(question, "words_line", rows, rows=True)
    own = told(question, "words_own", rows, rows=True)

    both = "\n".join(rows[:2])
    assert own[rows[2]] == pytest.approx(own[both])
    assert line[rows[2]] == pytest.approx(own[rows[2]])
    assert line[both] < line[rows[2]]


def test_value_counts_with_what_its_own_line_says() -> None:
    """The figure beside the thing is worth more than one in the next line."""
    lines = ("会議室の使用料は500円である。", "駐車場は無料だが、延長は800円である。")

    found = told("会議室の使用料はいくら", "value_line", lines)

    assert found[lines[0]] > found[lines[1]]
    assert found[lines[0]] == pytest.approx(found["\n".join(lines)])


def test_row_defines_what_its_first_cell_is() -> None:
    """A table of terms tells what each means, without とは; a label above its text nearly so."""
    rows = ("助言者\t会議に加わらず意見を述べる者", "議長\t助言者を招く者")

    found = told("助言者とは", "defines", rows, rows=True)
    labels = told("助言者とは", "defines", ("助言者", "会議に加わらず意見を述べる。"))

    assert 1.0 == found[rows[0]]
    assert found[rows[1]] < 1.0
    assert 0.5 == labels["助言者\n会議に加わらず意見を述べる。"]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("電話 03-1234-5678", True),
        ("tel 03(1234)5678", True),
        ("soudan@example.jp", True),
        ("電話による相談の窓口を設ける。", False),
        ("問い合わせは随時受け付ける。", False),
    ],
)
def test_contact_is_a_number_or_an_address(text: str, expected: bool) -> None:  # noqa: FBT001
    """The word 電話 tells nobody whom to call."""
    assert expected is tells_contact(text)


def test_every_candidate_has_every_signal() -> None:
    """The rows are as wide as there are names."""
    assert np.isfinite(list(told("会議室", "length", ("会議室の使用料",)).values())).all()


def test_a_line_that_says_a_synonym_says_the_word() -> None:
    """働く says 労働 to Sudachi's dictionary; 食べる does not."""
    words = bm25([["働く"]])
    glossary = Expanding(
        Glossary(), Synonyms({group: ["働く"] for group in meant("労働")["労働"]}), words, None
    )
    lines = ("在宅で働いた日を届け出る。", "在宅で食べた日を届け出る。")

    found = told("在宅労働の日", "words_own", lines, glossary=glossary)

    assert found[lines[0]] == pytest.approx(1.0)
    assert found[lines[1]] < 1.0


def test_a_time_of_the_day_is_what_is_asked_for_with_hours() -> None:
    """何時までですか wants neither a day nor a span of hours."""
    lines = ("窓口は午前八時から午後六時まで開く。", "窓口は二階に開く。")

    found = told("窓口は何時までですか", "value", lines)

    assert (1.0, 0.0) == (found[lines[0]], found[lines[1]])
