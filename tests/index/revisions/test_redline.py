"""Changes as sentences and as a page: what a user reads."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from index.revisions.changes import Kind, Revision
from index.revisions.matching import compare
from index.revisions.redline import Language, as_json, lines, page, sentence
from tests.fakes import edition_text
from tests.index.revisions.test_revisions import AFTER, BEFORE, NEW, OLD


@pytest.fixture(scope="module")
def revision() -> Revision:
    """The forty edits."""
    return compare(OLD, edition_text(*BEFORE), NEW, edition_text(*AFTER))


def _one(revision: Revision, kind: Kind, of: str) -> str:
    """Return the sentence for the smallest change of a kind that speaks of something."""
    found: list[tuple[int, str]] = []
    for change in revision.changes:
        spot = change.before or change.after
        if change.kind is kind and spot is not None and of in spot.text:
            found.append((len(spot.text), sentence(change)))
    return min(found)[1]


READ = {
    (
        Kind.ADDED,
        "見積りの比べ方",
    ): "文「見積りの比べ方は前もって文書にする。」が加わりました（新 p.2）。",
    (Kind.REMOVED, "印刷機"): "表の行「印刷機の賃借 96万円 総務課」がなくなりました（旧 p.3）。",
    (Kind.CHANGED, "九十日"): (
        "「見積書の有効期間は九十日とする。」（旧 p.2）が"
        "「見積書の有効期間は六十日とする。」（新 p.2）に変わりました。"
    ),
    (Kind.MOVED, "退職した者"): (
        "文「退職した者の登録はその日のうちに消す。」が旧 p.2から新 p.3「4.2 研修」へ移りました。"
    ),
    (Kind.RENUMBERED, "2.1 仕様書"): (
        "節「2.1 仕様書」の番号が変わり、「2.2 仕様書」になりました（新 p.2）。"
    ),
    (Kind.RETITLED, "1.3 相談窓口"): (
        "節「1.3 相談窓口」の見出しが「1.4 職員の相談先」に変わりました（新 p.1）。"
    ),
    (Kind.SPLIT, "1.2 作業部会"): (
        "節「1.2 作業部会」が「1.2 作業部会」と「1.3 部会の公開」に分かれました（新 p.1）。"
    ),
    (Kind.MERGED, "3.3 保守"): (
        "節「3.3 保守」と「3.4 記録の保存」が「3.3 保守と記録」にまとまりました（新 p.3）。"
    ),
}


@pytest.mark.parametrize("what", READ, ids=lambda what: str(what[0]))
def test_each_kind_of_change_is_told_in_a_sentence(
    revision: Revision, what: tuple[Kind, str]
) -> None:
    """With both pages, in words that a clerk would use."""
    assert READ[what] == _one(revision, *what)


def test_every_change_is_told_in_both_languages(revision: Revision) -> None:
    """No kind is without words, and no placeholder stays behind."""
    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        told = list(lines(revision, language))
        assert 1 + len(revision.changes) == len(told)
        assert not [line for line in told if "{" in line or "None" in line]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.marked: dict[str, list[str]] = {"del": [], "ins": []}
        self.rows = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        self.rows += tag == "tr"

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.marked:
            self.marked[self.open[-1]].append(data)


def test_the_page_marks_what_went_and_what_came(revision: Revision) -> None:
    """Well-formed, one row a change, differences marked within the sentence."""
    seen = _Page()
    seen.feed(page(revision))

    assert ([], 1 + len(revision.changes)) == (seen.open, seen.rows)
    assert "九" in seen.marked["del"]
    assert "六" in seen.marked["ins"]
    assert "http" not in page(revision)


def test_what_a_document_says_is_text_on_the_page() -> None:
    """A document cannot put its own elements there."""
    evil = "<script>alert(1)</script>と書く。"
    made = compare(OLD, edition_text("# 章\n<b>甲</b>"), NEW, edition_text(f"# 章\n{evil}"))

    shown = page(made)

    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_json_holds_the_places_of_both_sides(revision: Revision) -> None:
    """What the API gives out can be drawn on the pages of both editions."""
    told = as_json(revision)

    assert ("第1.0版", "第2.0版", "manual") == (told["old"], told["new"], told["document"])
    changes = told["changes"]
    assert isinstance(changes, list)
    change = next(c for c in changes if "九十日" in c["sentence"])
    assert ("changed", "sentence", 2) == (change["kind"], change["what"], change["before"]["page"])


def test_no_change_is_said_too() -> None:
    """An empty table would leave the reader wondering."""
    same = compare(OLD, edition_text(*BEFORE), NEW, edition_text(*BEFORE))

    assert ["変更はありません。"] == list(lines(same))
    assert "<table>" not in page(same)


def test_both_sides_keep_the_characters_of_their_pages() -> None:
    """A quotation is never respelt: full-width brackets stay, and are no change themselves."""
    held = compare(
        OLD,
        edition_text("# 目標\n目標時期は、令和７年度（2025年度）である。"),
        NEW,
        edition_text("# 目標\n目標時期は、令和８年度(2026年度)である。"),
    )

    [said] = [line for line in lines(held, "ja") if "目標時期" in line]

    assert "「目標時期は、令和７年度（2025年度）である。」" in said
    assert "<del>（" not in page(held, "ja")
