"""Question sets: three shapes on disk, one in memory, and bad lines named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.errors import BadQuestionSet
from evals.questions import Judgement, Place, Question, halves, load, names

GOOD: dict[str, Any] = {
    "id": "q1",
    "question": "休暇は何日ですか",
    "language": "ja",
    "kind": "number",
    "tags": ["official"],
    "previous": ["休暇について"],
    "judgements": [{"document": "leave", "edition": "1.0", "pages": [3, 4]}],
    "facts": [["20日|twenty days", "年次"]],
}


def write(path: Path, *lines: dict[str, Any]) -> Path:
    """Write one object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def test_our_lines_become_questions(tmp_path: Path) -> None:
    """Every field of a line is read, and the set is named for its file."""
    found = load(write(tmp_path / "leave.jsonl", GOOD))

    assert "leave" == found.name
    assert (
        Question(
            id="q1",
            text="休暇は何日ですか",
            language="ja",
            kind="number",
            tags=("official",),
            previous=("休暇について",),
            judgements=(Judgement("leave", "1.0", pages=(3, 4)),),
            facts=(("20日|twenty days", "年次"),),
        ),
    ) == found.questions


def test_a_set_with_the_same_bytes_has_the_same_hash(tmp_path: Path) -> None:
    """The hash tells whether two runs read the same questions."""
    first = load(write(tmp_path / "a.jsonl", GOOD))
    same = load(write(tmp_path / "b.jsonl", GOOD))
    other = load(write(tmp_path / "c.jsonl", {**GOOD, "kind": "date"}))

    assert first.sha256 == same.sha256
    assert first.sha256 != other.sha256


def test_unanswerable_questions_say_why(tmp_path: Path) -> None:
    """A reason makes a question unanswerable; without one it is answerable."""
    lines = (
        {"id": "a", "question": "May I?", "unanswerable": "Fees are not mentioned."},
        {"id": "b", "question": "May I?"},
    )

    found = load(write(tmp_path / "q.jsonl", *lines))

    assert [False, True] == [asked.answerable for asked in found]
    assert ["en", "en"] == [asked.language for asked in found]


def test_a_folder_with_relevant_files_is_judged_by_file(tmp_path: Path) -> None:
    """`relevant` files and pages match an edition by its file's name, wherever it lies."""
    write(
        tmp_path / "bench" / "questions.jsonl",
        {
            "id": "ja_1",
            "domain": "it",
            "kind": "table",
            "question": "料金はいくらですか",
            "answer": "無料です。",
            "relevant": [
                {"file": "a.pdf", "page": 2},
                {"file": "a.pdf", "page": 5},
                {"file": "b.pdf", "page": 1},
            ],
        },
    )

    found = load(tmp_path / "bench")
    [asked] = found

    assert "bench" == found.name
    assert ("a.pdf p.2", "a.pdf p.5", "b.pdf p.1") == asked.expected
    assert ("it",) == asked.tags
    assert "a.pdf p.5" == asked.name_of(Place("a", "1", "sub/folder/a.pdf", 5))
    assert "a@1 p.3" == asked.name_of(Place("a", "1", "a.pdf", 3))


def test_a_beir_folder_is_judged_by_document(tmp_path: Path) -> None:
    """Queries of a BEIR folder are read with the grades of the test split; 0 is no judgement."""
    write(
        tmp_path / "queries.jsonl",
        {"_id": "7", "text": "how many days"},
        {"_id": "8", "text": "never judged"},
    )
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "train.tsv").write_text("query-id\tcorpus-id\tscore\n8\td9\t1\n", "utf-8")
    (tmp_path / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n7\td1\t2\n7\td2\t1\n7\td3\t0\n", "utf-8"
    )

    [asked] = load(tmp_path)

    assert "7" == asked.id
    assert (
        Judgement("d1", pages=(1,), grade=2),
        Judgement("d2", pages=(1,), grade=1),
    ) == asked.judgements


@pytest.mark.parametrize(
    "document,edition,page,held",
    [
        pytest.param("leave", "1.0", 3, True, id="the judged page"),
        pytest.param("leave", "1.0", 5, False, id="another page"),
        pytest.param("leave", "2.0", 3, False, id="another edition"),
        pytest.param("pay", "1.0", 3, False, id="another document"),
    ],
)
def test_a_judgement_holds_its_pages_only(
    document: str, edition: str, page: int, *, held: bool
) -> None:
    """Document, edition and page all have to be the judged ones."""
    judgement = Judgement("leave", "1.0", pages=(3, 4))

    assert held is judgement.holds(Place(document, edition, "leave.pdf", page))


def test_a_judgement_without_an_edition_holds_in_any() -> None:
    """An empty edition accepts whichever is in force."""
    assert Judgement("leave", pages=(3,)).holds(Place("leave", "2.0", "leave.pdf", 3))


@pytest.mark.parametrize(
    "line,said",
    [
        pytest.param("{", "not JSON", id="broken JSON"),
        pytest.param("[1]", "not a JSON object", id="a list"),
        pytest.param('{"question": "May I?"}', 'the key "id" is missing', id="no id"),
        pytest.param('{"id": "x", "question": " "}', "a text is expected", id="no text"),
        pytest.param('{"id": "x", "question": "May I?", "pages": 1}', '"pages"', id="unknown key"),
        pytest.param(
            '{"id": "x", "question": "May I?", "judgements": [{"document": "d", "pages": [0]}]}',
            "page numbers from 1",
            id="page 0",
        ),
        pytest.param(
            '{"id": "x", "question": "May I?", "judgements": [{"pages": [1]}]}',
            "neither a document nor a file",
            id="judged nowhere",
        ),
        pytest.param(
            '{"id": "x", "question": "May I?", "unanswerable": "no",'
            ' "judgements": [{"document": "d", "pages": [1]}]}',
            "unanswerable but has judgements",
            id="unanswerable and judged",
        ),
        pytest.param(json.dumps(GOOD), '"q1" was used before', id="an id twice"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    """The error names the file, the line from 1, and what is wrong."""
    path = tmp_path / "q.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n\n{line}\n", "utf-8")

    with pytest.raises(BadQuestionSet, match=said) as raised:
        load(path)

    assert (str(path), 3) == (raised.value.path, raised.value.line)


def test_a_set_that_is_not_there_is_named_with_the_bundled_ones() -> None:
    """An unknown name lists the names there are."""
    with pytest.raises(BadQuestionSet, match="frozen"):
        load("no-such-set")


def test_bundled_sets_are_loaded_by_name() -> None:
    """Each bundled set can be asked for by its name."""
    assert {"frozen", "starter"} <= set(names())
    assert 60 == len(load("frozen"))


def test_halves_part_the_questions_and_repeat(tmp_path: Path) -> None:
    """A cut uses each question once, and the same seed cuts the same way."""
    found = load(write(tmp_path / "q.jsonl", *({**GOOD, "id": f"q{n}"} for n in range(7))))

    cuts = found.halves(times=3, seed=1)

    assert cuts == found.halves(times=3, seed=1)
    assert [(3, 4)] * 3 == [(len(tuning), len(testing)) for tuning, testing in cuts]
    for tuning, testing in cuts:
        ids = [asked.id for asked in (*tuning, *testing)]
        assert ["q0", "q1", "q2", "q3", "q4", "q5", "q6"] == sorted(ids)
    assert cuts != found.halves(times=3, seed=2)
    assert halves(["b", "a"], times=1) == halves(["a", "b"], times=1)
