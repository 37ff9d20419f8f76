"""What changed between two editions: forty known edits, and the cases that mislead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from index.errors import EditionUnknown
from index.revisions.changes import Change, Kind, Revision, What, editions_of
from index.revisions.matching import compare
from tests.fakes import edition, edition_text

OLD = edition(label="第1.0版", in_force_from=date(2021, 7, 7))
NEW = edition(label="第2.0版", in_force_from=date(2022, 4, 1))

BEFORE = (
    """# はじめに
この要領は、窓口業務を電子化する手順を定める。
対象は市民課、税務課及び福祉課とする。
計画の期間は三年とする。
# 第1章 体制
# 1.1 推進本部
推進本部の本部長は副市長とする。
本部は月に一回開く。
本部の庶務は企画課で処理する。
# 1.2 作業部会
作業部会は各課の係長で構成する。
部会長は情報課長をもって充てる。
部会の議事録は一週間以内に公開する。
部会は必要に応じて専門家の意見を聴く。
# 1.3 相談窓口
職員の相談は情報課が内線2104で受け付ける。
相談の記録は一年間保存する。""",
    """# 第2章 調達
# 2.1 仕様書
仕様書には性能の要件を数値で書く。
特定の製品名を書いてはならない。
仕様書の案は二週間公表する。
# 2.2 見積り
見積りは三者以上から取る。
見積書の有効期間は九十日とする。
# 2.3 契約
契約は単年度とする。
違約金は契約金額の百分の十とする。
検収は納品から十日以内に行う。
# 第3章 運用
# 3.1 利用者登録
利用者の登録は所属長が申請する。
登録した利用者には仮の暗証番号を渡す。
退職した者の登録はその日のうちに消す。
# 3.2 障害対応
障害を見つけた者は直ちに情報課に知らせる。
情報課は一時間以内に影響の範囲を確かめる。
復旧の見込みは庁内の掲示板で知らせる。
障害の原因は月例会で報告する。
再発を防ぐ策は部会で決める。""",
    """# 3.3 保守
定期の保守は毎月第三日曜日に行う。
保守の間は紙の台帳で受け付ける。
# 3.4 記録の保存
操作の記録は三年間保存する。
記録を見ることができる者は監査の担当に限る。
# 第4章 教育
# 4.1 研修
新任の職員は着任から一か月以内に研修を受ける。
研修の資料は庁内の共有の棚に置く。
# 4.2 訓練
標的型の電子郵便の訓練を年に一回行う。
訓練の結果は所属ごとに集計する。
# 第5章 費用
# 5.1 負担
| 端末の更新 1,200万円 情報課
| 回線の使用料 340万円 情報課
| 研修の委託 85万円 人事課
| 窓口の改修 2,000万円 管財課
| 印刷機の賃借 96万円 総務課
# 5.2 補助金
国の補助金は十月末日までに申請する。
補助金の対象は機器の購入費に限る。
# 第6章 雑則
# 6.1 見直し
この要領は二年ごとに見直す。
# 6.2 委任
細目は情報課長が定める。
# 6.3 旧要領の廃止
平成二十八年の要領は廃止する。
廃止の前に受けた申請は従前の例による。""",
)

AFTER = (
    """# はじめに
この要領は、窓口業務を電子化する手順と責任を定める。
対象は市民課、税務課、福祉課及び教育委員会とする。
# 第1章 体制
# 1.1 推進本部
推進本部の本部長は市長とする。
本部は二か月に一回開く。
本部の庶務は企画課で処理する。
本部の決定は翌日までに全ての課に知らせる。
# 1.2 作業部会
作業部会は各課の係長で構成する。
部会長は情報課長をもって充てる。
# 1.3 部会の公開
部会の議事録は一週間以内に公開する。
部会は必要に応じて専門家の意見を聴く。
# 1.4 職員の相談先
職員の相談は情報課が内線2204で受け付ける。
相談の記録は一年間保存する。""",
    """# 第2章 調達
# 2.1 市場の調査
仕様を決める前に市場にある製品を調べる。
調査の結果は部会に報告する。
# 2.2 仕様書
仕様書には性能の要件を数値で書く。
仕様書の案は三週間公表する。
# 2.3 見積り
見積りは三者以上から取る。
見積書の有効期間は六十日とする。
見積りの比べ方は前もって文書にする。
# 2.4 契約
契約は単年度とする。
違約金は契約金額の百分の二十とする。
検収は納品から十日以内に行う。
# 第3章 運用
# 3.1 障害対応
障害を見つけた者は直ちに情報課に知らせる。
情報課は三十分以内に影響の範囲を確かめる。
障害の原因は月例会で報告する。
再発を防ぐ策は部会で決める。
# 3.2 利用者登録
利用者の登録は所属長が申請する。
登録した利用者には仮の暗証番号を渡す。
仮の暗証番号は最初の利用のときに変える。""",
    """# 3.3 保守と記録
定期の保守は毎月第三日曜日に行う。
保守の間は紙の台帳で受け付ける。
操作の記録は五年間保存する。
記録を見ることができる者は監査の担当に限る。
# 第4章 教育
# 4.1 訓練
標的型の電子郵便の訓練を年に二回行う。
訓練の結果は所属ごとに集計する。
# 4.2 研修
新任の職員は着任から一か月以内に研修を受ける。
研修の資料は庁内の共有の棚に置く。
退職した者の登録はその日のうちに消す。
# 第5章 費用
# 5.1 負担
| 端末の更新 1,450万円 情報課
| 回線の使用料 340万円 情報課
| 研修の委託 85万円 情報課
| 窓口の改修 2,000万円 管財課
| 文字の外字の整備 150万円 市民課
# 5.2 補助金
国の補助金は九月末日までに申請する。
補助金の対象は機器の購入費及び設定の委託費に限る。
# 第6章 雑則
# 6.1 見直し
この要領は毎年見直す。
# 6.2 委任
細目は情報課長が定める。
計画の期間は三年とする。
# 6.3 苦情の扱い
苦情は総務課が受け付ける。
苦情には十四日以内に答える。""",
)

EDITS = (
    # wording
    (Kind.CHANGED, "手順を定める", "手順と責任を定める"),
    (Kind.CHANGED, "税務課及び福祉課", "福祉課及び教育委員会"),
    (Kind.CHANGED, "本部長は副市長", "本部長は市長"),
    (Kind.CHANGED, "月に一回開く", "二か月に一回開く"),
    (Kind.CHANGED, "内線2104", "内線2204"),
    (Kind.CHANGED, "二週間公表", "三週間公表"),
    (Kind.CHANGED, "九十日", "六十日"),
    (Kind.CHANGED, "百分の十とする", "百分の二十とする"),
    (Kind.CHANGED, "一時間以内", "三十分以内"),
    (Kind.CHANGED, "記録は三年間", "記録は五年間"),
    (Kind.CHANGED, "年に一回", "年に二回"),
    (Kind.CHANGED, "十月末日", "九月末日"),
    (Kind.CHANGED, "購入費に限る", "設定の委託費に限る"),
    (Kind.CHANGED, "二年ごとに見直す", "毎年見直す"),
    # sentences added, removed and moved
    (Kind.ADDED, "", "本部の決定は翌日までに"),
    (Kind.ADDED, "", "見積りの比べ方"),
    (Kind.ADDED, "", "最初の利用のときに変える"),
    (Kind.REMOVED, "特定の製品名", ""),
    (Kind.REMOVED, "復旧の見込み", ""),
    (Kind.MOVED, "計画の期間は三年", "計画の期間は三年"),
    (Kind.MOVED, "退職した者の登録", "退職した者の登録"),
    # table cells and rows
    (Kind.CHANGED, "1,200万円", "1,450万円"),
    (Kind.CHANGED, "85万円 人事課", "85万円 情報課"),
    (Kind.REMOVED, "印刷機の賃借", ""),
    (Kind.ADDED, "", "文字の外字の整備"),
    # sections
    (Kind.SPLIT, "1.2 作業部会", "1.2 作業部会"),
    (Kind.RETITLED, "1.3 相談窓口", "1.4 職員の相談先"),
    (Kind.RENUMBERED, "1.3 相談窓口", "1.4 職員の相談先"),
    (Kind.ADDED, "", "2.1 市場の調査"),
    (Kind.RENUMBERED, "2.1 仕様書", "2.2 仕様書"),
    (Kind.RENUMBERED, "2.2 見積り", "2.3 見積り"),
    (Kind.RENUMBERED, "2.3 契約", "2.4 契約"),
    (Kind.MOVED, "3.1 利用者登録", "3.2 利用者登録"),
    (Kind.RENUMBERED, "3.2 障害対応", "3.1 障害対応"),
    (Kind.MERGED, "3.3 保守", "3.3 保守と記録"),
    (Kind.RETITLED, "3.3 保守", "3.3 保守と記録"),
    (Kind.MOVED, "4.1 研修", "4.2 研修"),
    (Kind.RENUMBERED, "4.2 訓練", "4.1 訓練"),
    (Kind.REMOVED, "6.3 旧要領の廃止", ""),
    (Kind.ADDED, "", "6.3 苦情の扱い"),
)


def _compared(before: tuple[str, ...], after: tuple[str, ...]) -> Revision:
    return compare(OLD, edition_text(*before), NEW, edition_text(*after))


def _is(change: Change, edit: tuple[Kind, str, str]) -> bool:
    kind, old, new = edit
    return (
        change.kind is kind
        and (old in change.before.text if change.before else not old)
        and (new in change.after.text if change.after else not new)
        and (change.before is not None or change.after is not None)
    )


def test_forty_known_edits_are_found() -> None:
    """At least 38 of the 40, and at most 2 that nobody made."""
    changes = list(_compared(BEFORE, AFTER).changes)
    missed = []
    for edit in EDITS:
        found = next((change for change in changes if _is(change, edit)), None)
        if found is None:
            missed.append(edit)
        else:
            changes.remove(found)

    assert 40 == len(EDITS)
    assert ([], []) == (missed, [(c.kind, c.what, c.before, c.after) for c in changes])


def test_the_same_text_has_not_changed() -> None:
    """Nothing is told, and every sentence counts as the same."""
    revision = _compared(BEFORE, BEFORE)

    assert ((), 47) == (revision.changes, revision.same)


def test_other_page_breaks_are_no_change() -> None:
    """A sentence that a page break cuts is the sentence that it was, and nothing has moved."""
    before = (
        "# 体制\n本部は月に一回開く。\n部会は必要に応じて集まり、各課の",
        "係長で構成する。\n記録は公開する。",
    )
    after = (
        "# 体制\n本部は月に一回開く。",
        "部会は必要に応じて集まり、各課の係長で構成する。\n記録は公開する。",
    )

    assert () == _compared(before, after).changes


def test_other_widths_and_spaces_are_no_change() -> None:
    """Figures are often set anew; ２０日 and 20 日 say the same."""
    assert (
        ()
        == _compared(("# 休暇\n休暇は２０日とする。",), ("# 休暇\n休暇は 20 日とする。",)).changes
    )


def test_a_document_without_headings_is_compared_all_the_same() -> None:
    """It is one section."""
    revision = _compared(
        ("窓口は九時に開く。\n窓口は五時に閉じる。",),
        ("窓口は八時半に開く。\n窓口は五時に閉じる。",),
    )

    (change,) = revision.changes
    assert (Kind.CHANGED, What.SENTENCE, 1) == (change.kind, change.what, revision.same)


def test_each_side_names_its_own_page() -> None:
    """The place is told as each edition has it; the label is the printed number."""
    before = edition_text("表紙", "# 期限\n期限は七年度とする。", labels=("", "1"))
    after = edition_text("表紙", "目次", "# 期限\n期限は九年度とする。", labels=("", "", "2"))

    change = next(c for c in compare(OLD, before, NEW, after).changes if c.kind is Kind.CHANGED)

    assert change.before is not None
    assert change.after is not None
    assert ((2, "1"), (3, "2")) == (
        (change.before.page, change.before.label), (change.after.page, change.after.label),
    )  # fmt: skip
    assert "期限は九年度とする。" == change.after.text
    assert after.text[change.after.start : change.after.end] == change.after.text


def test_sections_of_one_name_are_told_apart_by_their_parents() -> None:
    """Every chapter has its 概要; the one that changed is the one that is told."""
    before = ("# 第1章 調達\n# 概要\n調達は三者で行う。\n# 第2章 保守\n# 概要\n保守は毎月行う。",)
    after = ("# 第1章 調達\n# 概要\n調達は三者で行う。\n# 第2章 保守\n# 概要\n保守は毎週行う。",)

    (change,) = _compared(before, after).changes

    assert change.after is not None
    assert "第2章 保守" in change.after.section


def test_a_sentence_that_begins_with_a_title_is_not_torn_apart() -> None:
    """What says something of the title 契約 is a sentence; only that changed."""
    before = ("# 2.1 契約\n単年度とする。\n# 2.2 検収\n2.1 契約の案は課長が作る。",)
    after = ("# 2.1 契約\n単年度とする。\n# 2.2 検収\n2.1 契約の案は係長が作る。",)

    (change,) = _compared(before, after).changes

    assert (Kind.CHANGED, What.SENTENCE) == (change.kind, change.what)
    assert change.after is not None
    assert "2.1 契約の案は係長が作る。" == change.after.text


def test_everything_new_is_not_everything_changed() -> None:
    """Two texts that share nothing: sections go and come; no sentence pretends to be another."""
    kinds = {
        c.kind for c in _compared(("# 猫\n猫は寝る。",), ("# 税\n納付書を窓口に出す。",)).changes
    }

    assert {Kind.ADDED, Kind.REMOVED} == kinds


def test_an_empty_edition_is_compared_without_an_error() -> None:
    """A file of pictures has no text; then all of the other is new."""
    revision = _compared(("",), ("# 税\n納付書を窓口に出す。",))

    assert [Kind.ADDED] == [change.kind for change in revision.changes]


def test_the_last_two_editions_are_compared_when_none_is_named() -> None:
    """Whoever asks what changed means the latest change."""
    newest = replace(NEW, label="第3.0版", in_force_from=date(2024, 4, 1))

    assert (NEW, newest) == editions_of([newest, OLD, NEW], "manual")
    assert (OLD, newest) == editions_of([newest, OLD, NEW], "manual", "第1.0版")
    assert (OLD, NEW) == editions_of([newest, OLD, NEW], "manual", "第1.0版", "第2.0版")
    assert (OLD, NEW) == editions_of([newest, OLD, NEW], "manual", None, "第2.0版")


@pytest.mark.parametrize("labels", [(None, None), ("第9版", None), (None, "第9版")])
def test_an_edition_that_is_not_held_is_told_with_those_that_are(
    labels: tuple[str | None, str | None],
) -> None:
    """The error names what there is to choose from."""
    with pytest.raises(EditionUnknown, match=r"Held are: 第1\.0版"):
        editions_of([OLD], "manual", *labels)


def test_a_document_that_nobody_holds_is_told_as_such() -> None:
    """A misspelt id is no document without editions."""
    with pytest.raises(EditionUnknown, match="no document of that id is held"):
        editions_of([OLD], "manul")
