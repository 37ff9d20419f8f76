"""The forty known edits once more, through real PDFs: what a reader of two files is told."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

from index.revisions.changes import Change, Revision, Spot
from index.revisions.matching import compare
from index.revisions.redline import sentence
from ingest.pdf import documents
from tests.index.revisions.test_revisions import AFTER, BEFORE, EDITS, NEW, OLD
from tests.pdfs import Sheet, write

_WIDE, _LINE, _TOP, _BOTTOM = 42, 18, 780, 70
"""Characters of a line, points from line to line, and where a page begins and ends."""

READ = (
    "「この要領は、窓口業務を電子化する手順を定める。」（旧 p.1）が「この要領は、窓口業務を電子化する手順と責任を定める。」（新 p.1）に変わりました。",
    "「対象は市民課、税務課及び福祉課とする。」（旧 p.1）が「対象は市民課、税務課、福祉課及び教育委員会とする。」（新 p.1）に変わりました。",
    "「推進本部の本部長は副市長とする。」（旧 p.1）が「推進本部の本部長は市長とする。」（新 p.1）に変わりました。",
    "「本部は月に一回開く。」（旧 p.1）が「本部は二か月に一回開く。」（新 p.1）に変わりました。",
    "文「本部の決定は翌日までに全ての課に知らせる。」が加わりました（新 p.1）。",
    "節「1.2 作業部会」が「1.2 作業部会」と「1.3 部会の公開」に分かれました（新 p.1）。",
    "節「1.3 相談窓口」の番号が変わり、「1.4 職員の相談先」になりました（新 p.1）。",
    "節「1.3 相談窓口」の見出しが「1.4 職員の相談先」に変わりました（新 p.1）。",
    "「職員の相談は情報課が内線2104で受け付ける。」（旧 p.1）が「職員の相談は情報課が内線2204で受け付ける。」（新 p.1）に変わりました。",
    "節「2.1 市場の調査」が加わりました（新 p.1）。",
    "文「特定の製品名を書いてはならない。」がなくなりました（旧 p.1）。",
    "節「2.1 仕様書」の番号が変わり、「2.2 仕様書」になりました（新 p.1）。",
    "「仕様書の案は二週間公表する。」（旧 p.1）が「仕様書の案は三週間公表する。」（新 p.1）に変わりました。",
    "節「2.2 見積り」の番号が変わり、「2.3 見積り」になりました（新 p.1）。",
    "「見積書の有効期間は九十日とする。」（旧 p.1）が「見積書の有効期間は六十日とする。」（新 p.1）に変わりました。",
    "文「見積りの比べ方は前もって文書にする。」が加わりました（新 p.1）。",
    "節「2.3 契約」の番号が変わり、「2.4 契約」になりました（新 p.1）。",
    "「違約金は契約金額の百分の十とする。」（旧 p.1）が「違約金は契約金額の百分の二十とする。」（新 p.1）に変わりました。",
    "節「3.2 障害対応」の番号が変わり、「3.1 障害対応」になりました（新 p.2）。",
    "「情報課は一時間以内に影響の範囲を確かめる。」（旧 p.1）が「情報課は三十分以内に影響の範囲を確かめる。」（新 p.2）に変わりました。",
    "文「復旧の見込みは庁内の掲示板で知らせる。」がなくなりました（旧 p.1）。",
    "節「3.1 利用者登録」が旧 p.1から新 p.2「3.2 利用者登録」へ移りました。",
    "文「仮の暗証番号は最初の利用のときに変える。」が加わりました（新 p.2）。",
    "節「3.3 保守」の見出しが「3.3 保守と記録」に変わりました（新 p.2）。",
    "節「3.3 保守」と「3.4 記録の保存」が「3.3 保守と記録」にまとまりました（新 p.2）。",
    "「操作の記録は三年間保存する。」（旧 p.2）が「操作の記録は五年間保存する。」（新 p.2）に変わりました。",
    "節「4.2 訓練」の番号が変わり、「4.1 訓練」になりました（新 p.2）。",
    "「標的型の電子郵便の訓練を年に一回行う。」（旧 p.2）が「標的型の電子郵便の訓練を年に二回行う。」（新 p.2）に変わりました。",
    "節「4.1 研修」が旧 p.2から新 p.2「4.2 研修」へ移りました。",
    "文「退職した者の登録はその日のうちに消す。」が旧 p.1から新 p.2「4.2 研修」へ移りました。",
    "「端末の更新 1,200万円 情報課」（旧 p.2）が「端末の更新 1,450万円 情報課」（新 p.2）に変わりました。",
    "「研修の委託 85万円 人事課」（旧 p.2）が「研修の委託 85万円 情報課」（新 p.2）に変わりました。",
    "表の行「印刷機の賃借 96万円 総務課」がなくなりました（旧 p.2）。",
    "表の行「文字の外字の整備 150万円 市民課」が加わりました（新 p.2）。",
    "「国の補助金は十月末日までに申請する。」（旧 p.2）が「国の補助金は九月末日までに申請する。」（新 p.2）に変わりました。",
    "「補助金の対象は機器の購入費に限る。」（旧 p.2）が「補助金の対象は機器の購入費及び設定の委託費に限る。」（新 p.2）に変わりました。",
    "「この要領は二年ごとに見直す。」（旧 p.2）が「この要領は毎年見直す。」（新 p.3）に変わりました。",
    "文「計画の期間は三年とする。」が旧 p.1から新 p.3「6.2 委任」へ移りました。",
    "節「6.3 旧要領の廃止」がなくなりました（旧 p.3）。",
    "節「6.3 苦情の扱い」が加わりました（新 p.3）。",
)
"""The sentence for each edit, in the new edition's order."""


def typeset(path: Path, pages: tuple[str, ...], subheading: float = 14) -> Path:
    """Set pages of lines as a manual is set: paragraphs run on, tables are ruled, pages fill up.

    Lines beginning with ``# `` are headings, with ``| `` rows; the others of a section are one
    paragraph, broken wherever a line is full.
    """
    sheets = [Sheet()]
    y = float(_TOP)

    def room(need: float) -> Sheet:
        nonlocal y
        if y - need < _BOTTOM:
            sheets.append(Sheet())
            y = float(_TOP)
        y -= need
        return sheets[-1]

    lines = "\n".join(pages).splitlines()
    for kind, group in groupby(lines, key=lambda line: line[:2] if line[0] in "#|" else ""):
        run = [line.removeprefix(kind) for line in group]
        if kind == "# ":
            for heading in run:
                chapter = heading.startswith("第") or heading == "はじめに"
                room(34).say(heading, 72, y, 16 if chapter else subheading)
        elif kind == "| ":
            height = 24.0 * len(run)
            room(height + 8).table(72, y + height, [180, 120, 120], 24, [r.split(" ") for r in run])
        else:
            text = "".join(run)
            for at in range(0, len(text), _WIDE):
                room(_LINE).say(text[at : at + _WIDE], 72, y)
            y -= 6
    for number, sheet in enumerate(sheets, 1):
        sheet.say(str(number), 290, 40)
    return write(path, sheets)


@pytest.fixture(scope="module")
def revision(tmp_path_factory: pytest.TempPathFactory) -> Revision:
    """Both editions, set, read and compared."""
    folder = tmp_path_factory.mktemp("pdfs")
    before = documents.read(typeset(folder / "old.pdf", BEFORE))
    after = documents.read(typeset(folder / "new.pdf", AFTER))
    return compare(OLD, before, NEW, after)


def test_forty_known_edits_are_found_in_two_pdfs(revision: Revision) -> None:
    """At least 38, and at most 2 that nobody made; line and page breaks are no changes."""
    missed, invented = _weighed(revision)

    assert 38 <= 40 - len(missed), missed
    assert 2 >= len(invented), [sentence(change) for change in invented]


@pytest.mark.parametrize("subheading", [12, 12.5, 13])
def test_a_heading_read_with_its_first_sentence_is_no_change(
    tmp_path: Path, subheading: float
) -> None:
    """Set hardly larger than the text, some are read so in one edition and not in the other."""
    before = documents.read(typeset(tmp_path / "old.pdf", BEFORE, subheading))
    after = documents.read(typeset(tmp_path / "new.pdf", AFTER, subheading))

    assert ([], []) == _weighed(compare(OLD, before, NEW, after))


def _weighed(revision: Revision) -> tuple[list[tuple[object, str, str]], list[Change]]:
    """Return the known edits that were missed, and the changes told that nobody made."""
    changes = list(revision.changes)
    missed: list[tuple[object, str, str]] = []
    for kind, old, new in EDITS:
        found = next(
            (
                change
                for change in changes
                if change.kind is kind
                and (old in _said(change.before) if change.before else not old)
                and (new in _said(change.after) if change.after else not new)
            ),
            None,
        )
        if found is None:
            missed.append((kind, old, new))
        else:
            changes.remove(found)
    return missed, changes


def _said(spot: Spot) -> str:
    """Return a spot's text, cells and wrapped lines joined as the list of edits writes them."""
    return spot.text.replace("\t", " ").replace("\n", "")


def test_each_edit_is_told_in_a_sentence_with_its_pages(revision: Revision) -> None:
    """What the command line, the page and an answer say."""
    assert READ == tuple(sentence(change) for change in revision.changes)
