"""The gate on the way of a refresh, with real generations and the user's own questions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.candidate import gate
from evals.errors import BadQuestionSet
from index.fitted import Fitted
from index.generations import current
from index.refresh import NotAllowed, RefreshReport
from tests.fakes import edition
from tests.shelves import TODAY, Desk

FACTS = (
    "標準化の期限は令和7年度である。", "補助金の対象は移行費である。", "首長が方針を示す。",
    "相談窓口を庁内に置く。", "研修は年に二回行う。", "個人情報の扱いを定める。",
)  # fmt: skip


def _refresh(desk: Desk, *, accept: bool = False) -> RefreshReport:
    allow = gate(
        desk.home, desk.corpus, lambda _recipe, folder: Fitted.load(folder / "embedder"),
        today=lambda: TODAY,
    )  # fmt: skip
    return desk.refresh(allow=allow, accept=accept)


def _questions(desk: Desk, pages: Sequence[int], document: str = "manual") -> None:
    lines = (
        {
            "id": f"q{page}",
            "question": f"{FACTS[page - 1][:-3]}か。",
            "judgements": [{"document": document, "pages": [page]}],
        }
        for page in pages
    )
    content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (desk.corpus / "questions.jsonl").write_text(content, encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with one indexed manual of six pages, and a question about each."""
    made = Desk(tmp_path)
    made.put(edition("manual"), *FACTS)
    _questions(made, range(1, 7))
    _refresh(made)
    return made


def test_the_first_generation_has_nothing_to_fall_from(desk: Desk) -> None:
    """Somebody who has just installed is not asked to accept anything."""
    assert "g000001" == current(desk.home)


def test_a_harmless_addition_goes_live(desk: Desk) -> None:
    """Every question is still answered from its page."""
    desk.put(edition("plan"), "庁舎の清掃は毎朝行う。")

    assert "g000002" == _refresh(desk).generation


def test_a_revision_that_loses_answers_is_refused_with_its_questions(desk: Desk) -> None:
    """The reasons name the measure and the very questions; the old generation stays current."""
    desk.put(edition("manual"), *(f"第{n}頁は後日公表する予定である。" for n in range(1, 7)))

    with pytest.raises(NotAllowed) as caught:
        _refresh(desk)

    told = "\n".join(caught.value.reasons)
    assert all(part in told for part in ("falls from", "worse: questions/q1", "期限は令和7年度"))
    assert "tebiki refresh --accept" in str(caught.value)
    assert "g000001" == current(desk.home)


def test_a_shrunken_document_is_refused_by_name(desk: Desk) -> None:
    """Half of the pages are gone, whether or not a question asks for them."""
    (desk.corpus / "questions.jsonl").unlink()
    desk.put(edition("manual"), *FACTS[:3])

    with pytest.raises(NotAllowed, match=r"manual shrinks from \d+ to \d+ characters"):
        _refresh(desk)
    assert _refresh(desk, accept=True).published


def test_a_withdrawn_document_is_no_fall(desk: Desk) -> None:
    """Somebody took it out on purpose; its questions are not counted against the rest."""
    desk.put(edition("plan"), "庁舎の清掃は毎朝行う。")
    _refresh(desk)
    desk.withdraw(edition("manual"))

    assert "g000003" == _refresh(desk).generation


def test_a_question_about_a_superseded_edition_is_not_asked(desk: Desk) -> None:
    """What is no longer in force cannot get worse."""
    content = (desk.corpus / "questions.jsonl").read_text(encoding="utf-8")
    named = content.replace('"document": "manual"', '"document": "manual", "edition": "1.0"')
    (desk.corpus / "questions.jsonl").write_text(named, encoding="utf-8")
    changed = tuple(f"{fact[:-1]}とは限らない。" for fact in reversed(FACTS))
    desk.put(edition("manual", label="2.0"), *changed)

    assert "g000002" == _refresh(desk).generation


def test_a_bad_question_of_the_users_own_is_named(desk: Desk) -> None:
    """The line is told, and nothing is published unseen."""
    (desk.corpus / "questions.jsonl").write_text('{"id": "q1"}\n', encoding="utf-8")
    desk.put(edition("plan"), "庁舎の清掃は毎朝行う。")

    with pytest.raises(BadQuestionSet, match=r"questions\.jsonl:1"):
        _refresh(desk)
    assert "g000001" == current(desk.home)
