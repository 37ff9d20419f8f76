"""The check of claims is measured: what is shown of true and of false sentences."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from bot.writing.claims import Verdict
from evals import claims
from evals.claims import Judged, Pair
from evals.errors import BadQuestionSet
from evals.mutations import mutants
from tests.fakes import FakeLibrary, edition, edition_text

POOL = "温水プールの利用料は、1時間につき400円以内とする。"
TEXT = edition_text(f"# 利用\n{POOL}\n# 休み\n休館日は、毎月の第2月曜日とし、前日までに掲示する。")


def judged(*, true: bool, differences: int) -> Judged:
    """Return a pair that was judged with so many differences."""
    verdict = Verdict.PARTIAL if differences else Verdict.SUPPORTED
    return Judged(Pair("言う。", ("言う。",), true, "hand"), verdict, differences)


def test_every_mutant_is_another_sentence_than_its_source() -> None:
    """The bound, the number and the negation are changed, one at a time."""
    made = list(mutants([POOL]))

    assert {"bound", "number", "added clause"} <= {one.kind for one in made}
    assert all(one.said != POOL == one.source for one in made)
    assert "温水プールの利用料は、1時間につき400円以上とする。" in {one.said for one in made}


def test_sentences_of_the_corpus_stand_word_for_word_and_their_mutants_do_not() -> None:
    """Each sentence passes as it is; what a mutator changed in these two is seen."""
    chosen = claims.sentences_of(FakeLibrary({edition(): TEXT}), date(2026, 4, 1), most=5)
    told = claims.judged(claims.made(chosen))

    assert POOL in chosen
    assert all(one.shown for one in told if one.pair.true)
    assert [] == [one.pair.said for one in told if not one.pair.true and one.shown]


def test_kept_is_told_at_the_loosest_setting_that_shows_few_enough_lies() -> None:
    """Of ten lies one has one difference: at 10 % the true one with one difference is kept too."""
    told = [
        judged(true=True, differences=0),
        judged(true=True, differences=1),
        judged(true=False, differences=1),
        *(judged(true=False, differences=3) for _ in range(9)),
    ]

    assert 0.5 == claims.kept_at(told, 0.02)
    assert 1.0 == claims.kept_at(told, 0.1)
    assert claims.kept_at([judged(true=False, differences=0)], 0.1) is None


def test_report_tells_both_shares_and_each_kind() -> None:
    """One true sentence of two is shown, and no false one of one."""
    told = [
        judged(true=True, differences=0),
        judged(true=True, differences=2),
        judged(true=False, differences=1),
    ]

    page = claims.markdown(told, name="hand")

    assert "- true sentences shown: 1 of 2 (0.500)" in page
    assert "- false sentences shown as supported: 0 of 1 (0.000)" in page
    assert "| true: hand | 2 | 1 |" in page
    assert 3 == len(json.loads(claims.as_json(told, name="hand"))["sentences"])


def test_set_by_hand_is_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    """A line has what is said, what it is held to and whether that says it."""
    path = tmp_path / "pairs.jsonl"
    line = {"said": "利用料は400円です。", "sources": [POOL], "true": False, "kind": "bound"}
    path.write_text(json.dumps(line), encoding="utf-8")

    assert [Pair("利用料は400円です。", (POOL,), true=False, kind="bound")] == claims.load(path)

    path.write_text(json.dumps(line) + '\n{"said": "何か"}', encoding="utf-8")
    with pytest.raises(BadQuestionSet, match=r"pairs\.jsonl:2: no sentence"):
        claims.load(path)
