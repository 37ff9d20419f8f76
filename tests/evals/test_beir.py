"""A BEIR folder: its documents are indexed and its queries searched, without a PDF."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals import beir, questions, runs
from evals.errors import BadQuestionSet
from index.generations.shelf import Shelf
from index.search.fitted import Fitted
from ingest.pages import BlockKind


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of four documents and two queries, each with one right document."""
    corpus = [
        {
            "_id": "d/1",
            "title": "年次休暇",
            "text": "職員には年に二十日の休暇がある。\n五日まで繰り越せる。",
        },
        {"_id": "d/2", "title": "出張旅費", "text": "鉄道の運賃は実費を支給する。"},
        {"_id": "d/3", "title": "", "text": "庁舎の開庁時間は午前八時半から午後五時までである。"},
        {"_id": "d/4", "title": "図書館", "text": "本は二週間借りられる。"},
    ]
    queries = [
        {"_id": "1", "text": "休暇は何日繰り越せますか"},
        {"_id": "2", "text": "開庁時間は何時までですか"},
    ]
    place = tmp_path / "small"
    (place / "qrels").mkdir(parents=True)
    for name, lines in (("corpus", corpus), ("queries", queries)):
        (place / f"{name}.jsonl").write_text(
            "".join(json.dumps(line) + "\n" for line in lines), "utf-8"
        )
    (place / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n1\td/1\t1\n2\td/3\t1\n", "utf-8"
    )
    return place


def test_a_beir_folder_is_indexed_and_measured(folder: Path, tmp_path: Path) -> None:
    """Both queries find their document first, by the same retriever that searches PDFs."""
    home = tmp_path / "home"

    beir.shelve(folder, home)
    library = Shelf(home, lambda _recipe, built: Fitted.load(built / "embedder"))()
    run = runs.retrieval(library, questions.load(folder))

    assert (1.0, 1.0) == run.values("Success@1")
    assert "d/1@beir p.1" == run.results[0].found()[0]


def test_titles_are_headings_and_texts_keep_their_lines(folder: Path) -> None:
    """A document is one page: its title, then its lines."""
    first, _, third, _ = beir.documents(folder)

    assert "年次休暇\n職員には年に二十日の休暇がある。\n五日まで繰り越せる。\n" == first[1].text
    assert "庁舎の開庁時間は午前八時半から午後五時までである。\n" == third[1].text
    assert [BlockKind.HEADING, BlockKind.TEXT, BlockKind.TEXT] == [
        block.kind for block in first[1].pages[0].blocks
    ]
    assert "d/3" == third[0].document.title


@pytest.mark.parametrize(
    "content,line",
    [
        pytest.param(None, None, id="no corpus"),
        pytest.param('{"_id": "1"}', 1, id="no text"),
        pytest.param('{"_id": "1", "text": "a"}\n[]', 2, id="not an object"),
    ],
)
def test_a_bad_corpus_is_named(tmp_path: Path, content: str | None, line: int | None) -> None:
    """The error names the file and the line."""
    if content is not None:
        (tmp_path / "corpus.jsonl").write_text(content, "utf-8")

    with pytest.raises(BadQuestionSet) as raised:
        list(beir.documents(tmp_path))

    assert (str(tmp_path / "corpus.jsonl"), line) == (raised.value.path, raised.value.line)
