"""The gate on the way of a refresh, with real generations and the user's own questions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from evals.candidate import gate
from evals.errors import BadQuestionSet
from index.generations.pointers import current
from index.refresh.reports import RefreshReport
from index.refresh.resources import NotAllowed
from index.search.fitted import Fitted
from ingest.errors import UnreadablePdf
from ingest.pages import EditionText, Quality
from ingest.translations import Bilingual, in_language
from tests.fakes import edition
from tests.shelves import TODAY, Desk

FACTS = (
    "標準化の期限は令和7年度である。", "補助金の対象は移行費である。", "首長が方針を示す。",
    "相談窓口を庁内に置く。", "研修は年に二回行う。", "個人情報の扱いを定める。",
)  # fmt: skip


class Noted(Desk):
    """A desk that keeps what the gate noted, and whose files may be scans that nobody reads."""

    def __init__(self, folder: Path) -> None:
        """Make an empty one."""
        super().__init__(folder)
        self.notes: list[str] = []
        self.scans: set[str] = set()

    def reading(
        self, files: Mapping[str, Path]
    ) -> Iterable[tuple[str, EditionText | UnreadablePdf]]:
        """Read the files; the pages of a scan are noted as unread."""
        found = dict(super().reading(files))
        for digest, path in files.items():
            text = found[digest]
            if path.name in self.scans and isinstance(text, EditionText):
                note = Quality("pdfium", 0.0, "only an image")
                pages = tuple(replace(page, quality=note) for page in text.pages)
                found[digest] = EditionText(pages)
        return found.items()


def _refresh(desk: Noted, *, accept: bool = False, full: bool = False) -> RefreshReport:
    desk.notes.clear()
    allow = gate(
        desk.home, desk.corpus, lambda _recipe, folder: Fitted.load(folder / "embedder"),
        today=lambda: TODAY, noted=desk.notes.append,
    )  # fmt: skip
    return desk.refresh(allow=allow, accept=accept, full=full)


def _questions(desk: Noted, pages: Sequence[int], document: str = "manual") -> None:
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
def desk(tmp_path: Path) -> Noted:
    """A desk with one indexed manual of six pages, and a question about each."""
    made = Noted(tmp_path)
    made.put(edition("manual"), *FACTS)
    _questions(made, range(1, 7))
    _refresh(made)
    return made


def test_the_first_generation_has_nothing_to_fall_from(desk: Noted) -> None:
    """Somebody who has just installed is not asked to accept anything."""
    assert "g000001" == current(desk.home)


def test_a_harmless_addition_goes_live(desk: Noted) -> None:
    """Every question is still answered from its page."""
    desk.put(edition("plan"), "庁舎の清掃は毎朝行う。")

    assert "g000002" == _refresh(desk).generation


def test_a_revision_that_loses_answers_is_refused_with_its_questions(desk: Noted) -> None:
    """The reasons name the measure and the very questions; the old generation stays current."""
    desk.put(edition("manual"), *(f"第{n}頁は後日公表する予定である。" for n in range(1, 7)))

    with pytest.raises(NotAllowed) as caught:
        _refresh(desk)

    told = "\n".join(caught.value.reasons)
    assert "falls from" in told
    assert "worse: “標準化の期限は令和7年度でか。” is answered by manual（1.0） p.1; " in told
    first = next(r for r in caught.value.reasons if "questions/q1" in r)
    assert (
        "悪くなる質問「標準化の期限は令和7年度でか。」: 答えはmanual（1.0） p.1にあるはず"
        in in_language(first, "ja")
    )
    assert all(isinstance(reason, Bilingual) for reason in caught.value.reasons)
    assert "tebiki refresh --accept" in str(caught.value)
    assert "g000001" == current(desk.home)


def test_a_shrunken_document_is_refused_by_name(desk: Noted) -> None:
    """Half of the pages are gone, whether or not a question asks for them."""
    (desk.corpus / "questions.jsonl").unlink()
    desk.put(edition("manual"), *FACTS[:3])

    with pytest.raises(NotAllowed, match=r"manual shrinks from \d+ to \d+ characters"):
        _refresh(desk)
    assert _refresh(desk, accept=True).published


def test_a_withdrawn_document_is_no_fall(desk: Noted) -> None:
    """Somebody took it out on purpose; its questions are not counted against the rest."""
    desk.put(edition("plan"), "庁舎の清掃は毎朝行う。")
    _refresh(desk)
    desk.withdraw(edition("manual"))

    assert "g000003" == _refresh(desk).generation


def _named(desk: Noted, **judged: str) -> None:
    """Let each question of the set name its page by these fields."""
    lines = (desk.corpus / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    for one in told:
        pages = one["judgements"][0]["pages"]
        one["judgements"] = [{**judged, "pages": pages}]
    content = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in told)
    (desk.corpus / "questions.jsonl").write_text(content, encoding="utf-8")


@pytest.mark.parametrize(
    "judged",
    [
        pytest.param({"file": "manual-1.0.pdf"}, id="by the former edition's file"),
        pytest.param({"document": "manual", "edition": "1.0"}, id="by the former edition"),
        pytest.param({"document": "manual"}, id="by the document"),
    ],
)  # fmt: skip
def test_questions_about_a_revised_document_are_asked_of_its_successor(
    desk: Noted, judged: dict[str, str]
) -> None:
    """The pages moved, and that is no loss; where the answers are gone, it is one."""
    _named(desk, **judged)
    second = replace(edition("manual", label="2.0"), path="manual/第2.0版.pdf")
    (desk.corpus / "manual").mkdir()
    desk.put(second, "まえがき。", *(f"改訂した。{fact}" for fact in reversed(FACTS)))

    assert "g000002" == _refresh(desk).generation

    desk.put(
        replace(second, label="3.0", path="manual/3.pdf"), *(f"第{n}頁は空ける。" for n in range(9))
    )
    with pytest.raises(NotAllowed) as caught:
        _refresh(desk)
    if judged != {"document": "manual"}:  # whose pages nobody can tell after two revisions
        told = [r for r in caught.value.reasons if r.startswith("worse: ")]
        assert {True} == {"is answered by manual（3.0） p." in reason for reason in told}


def test_what_was_not_asked_is_said_with_the_reason(desk: Noted) -> None:
    """A question that goes unasked in silence looks like one that was answered."""
    desk.put(edition("plan"), "庁舎の清掃は毎朝行う。")
    _refresh(desk)
    _questions(desk, [1, 2])
    _about(desk, "plan", "清掃は毎朝行うか。")
    desk.withdraw(edition("manual"))

    _refresh(desk)

    (unheld, gone) = (note for note in desk.notes if "not asked" in note)
    assert "because their documents are in neither index." in unheld
    assert gone.startswith("2 of ")
    assert "no longer in force, such as “標準化の期限は令和7年度でか。”." in gone
    assert "（たとえば「標準化の期限は令和7年度でか。」）" in in_language(gone, "ja")


def test_where_no_question_fits_one_calm_line_says_so(desk: Noted) -> None:
    """The bundled questions are about the bundled documents; that is nobody's fault."""
    (desk.corpus / "questions.jsonl").unlink()
    desk.put(edition("plan"), "庁舎の清掃は毎朝行う。")

    _refresh(desk)

    (note,) = desk.notes
    assert note.startswith("No question asks about these documents, so only their pages")
    assert "質問がないため、ページだけを確かめました" in in_language(note, "ja")


def _about(desk: Noted, document: str, question: str) -> None:
    """Add a question about the first page of a document."""
    line = {
        "id": document,
        "question": question,
        "judgements": [{"document": document, "pages": [1]}],
    }
    with (desk.corpus / "questions.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def test_a_first_generation_that_cannot_be_read_waits_for_a_word(tmp_path: Path) -> None:
    """A corpus of scans without OCR would decline every question."""
    desk = Noted(tmp_path)
    desk.put(edition("scan"), "", " ")
    desk.scans.add("scan-1.0.pdf")

    with pytest.raises(NotAllowed, match=r"100% of the pages cannot be read.*scan@1.0 p.1, 2"):
        _refresh(desk)
    assert current(desk.home) is None
    assert "g000001" == _refresh(desk, accept=True).generation


@pytest.mark.parametrize("damaged", ["current", "generations/g000002/words/units.json"])
def test_a_damaged_index_is_no_way_past_the_gate(desk: Noted, damaged: str) -> None:
    """The newest that can be opened is compared with instead."""
    desk.put(edition("plan"), "庁舎の清掃は毎朝行う。")
    _refresh(desk)
    (desk.home / damaged).write_text("{", encoding="utf-8")
    desk.put(edition("manual"), *(f"第{n}頁は後日公表する予定である。" for n in range(1, 7)))

    with pytest.raises(NotAllowed, match="falls from"):
        _refresh(desk, full=True)


def test_a_bad_question_of_the_users_own_is_named(desk: Noted) -> None:
    """The line is told, and nothing is published unseen."""
    (desk.corpus / "questions.jsonl").write_text('{"id": "q1"}\n', encoding="utf-8")
    desk.put(edition("plan"), "庁舎の清掃は毎朝行う。")

    with pytest.raises(BadQuestionSet, match=r"questions\.jsonl:1"):
        _refresh(desk)
    assert "g000001" == current(desk.home)
