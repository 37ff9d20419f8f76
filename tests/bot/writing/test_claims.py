"""What a sentence says is compared with its sources part by part."""

from __future__ import annotations

import time

import pytest

from bot.writing.claims import Stated, Verdict, compare

FEE = "窓口の手数料は、原則として一件につき400円以内とする。"
REPORT = "運営者は、四半期ごとに事業の経過を町長に報告しなければならない。"
CANCEL = "予約の取消しは、利用日の5日前までに行うものとする。"
DENIED = "備品は、館外に持ち出してはならない。"
BESIDE = "ただし、館長が認めたときは、この限りでない。"
SHARED = "設計の費用は県が負担し、工事の費用は町が負担する。"
COUNTED = "改修を終えた施設は30か所であり、改修中の施設は12か所である。"
ENGLISH = "The operator must return the equipment within 14 days after the lease ends."


def verdict(said: str, *sources: str) -> Verdict:
    """Return the verdict on a sentence about sources."""
    return compare(said, [Stated(one) for one in sources]).verdict


@pytest.mark.parametrize(
    "said, sources",
    [
        pytest.param(FEE, (FEE,), id="word for word"),
        pytest.param("窓口の手数料は原則400円以内です。", (FEE,), id="shorter"),
        pytest.param(
            "運営者には、四半期ごとに事業の経過を町長へ報告する義務があります。",
            (REPORT,),
            id="a duty by another name",
        ),
        pytest.param(
            "事業の経過は、四半期ごとに運営者から町長に報告されなければなりません。",
            (REPORT,),
            id="passive",
        ),
        pytest.param("予約は利用日の5日前までに取り消します。", (CANCEL,), id="verb for noun"),
        pytest.param(
            "備品は、館長が認めたときを除き、館外に持ち出すことはできません。",
            (DENIED, BESIDE),
            id="rule and exception",
        ),
        pytest.param("工事費用を負担するのは町です。", (SHARED,), id="one half"),
        pytest.param("改修中の施設は12か所です。", (COUNTED,), id="one count of two"),
        pytest.param(
            "The equipment must be returned by the operator within 14 days.",
            (ENGLISH,),
            id="english passive",
        ),
    ],
)
def test_true_paraphrase_is_supported(said: str, sources: tuple[str, ...]) -> None:
    """Politeness, order, voice and shortness change nothing."""
    assert Verdict.SUPPORTED == verdict(said, *sources)


@pytest.mark.parametrize(
    "said, source, kind",
    [
        pytest.param("窓口の手数料は、原則として一件につき400円以上とする。", FEE, "bound", id="bound"),
        pytest.param("窓口の手数料は、原則として一件につき4000円以内とする。", FEE, "number", id="number"),
        pytest.param("窓口の手数料は、一件につき400円以内とする。", FEE, "limit", id="in principle lost"),
        pytest.param("運営者は、四半期ごとに事業の経過を町長に報告することができる。", REPORT, "modality", id="may"),
        pytest.param("運営者は、四半期ごとに事業の経過を町長に報告する必要はない。", REPORT, "negation", id="need not"),
        pytest.param("町長は、四半期ごとに事業の経過を運営者に報告しなければならない。", REPORT, "role", id="roles"),
        pytest.param("備品は、館外に持ち出すことができる。", DENIED, "negation", id="prohibition"),
        pytest.param("設計の費用は町が負担し、工事の費用は県が負担する。", SHARED, "role", id="payers"),
        pytest.param("改修を終えた施設は12か所であり、改修中の施設は30か所である。", COUNTED, "number", id="counts"),
        pytest.param("予約の取消しは、利用日の5日後までに行うものとする。", CANCEL, "bound", id="before and after"),
        pytest.param("The operator may return the equipment within 14 days after the lease ends.", ENGLISH, "modality", id="english may"),
        pytest.param("The operator must return the equipment within 14 months after the lease ends.", ENGLISH, "unit", id="english unit"),
    ],
)  # fmt: skip
def test_what_differs_is_named(said: str, source: str, kind: str) -> None:
    """Each way of saying otherwise is found, and no such sentence is supported."""
    found = compare(said, [Stated(source)])

    assert Verdict.SUPPORTED != found.verdict
    assert kind in {one.kind for one in found.differences}


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(
            "議会の議決があるときは、備品は、館外に持ち出してはならない。", id="condition"
        ),
        pytest.param("備品は高価なので、館外に持ち出してはならない。", id="cause"),
        pytest.param("備品は、館外に持ち出してはならず、違反には罰金を科す。", id="clause"),
        pytest.param("備品と図書は、館外に持ち出してはならない。", id="thing"),
    ],
)
def test_nothing_may_be_added(said: str) -> None:
    """A condition, a cause, a clause or a thing that no source has is not supported."""
    assert Verdict.SUPPORTED != verdict(said, DENIED)


@pytest.mark.parametrize(
    "said, sources",
    [
        pytest.param(
            "貸出しの延長をすることにより、閲覧室は夜も開く。",
            ("貸出しの延長をすることにより、読む人を増やす。", "休日を除き、閲覧室は夜も開く。"),
            id="a means without what it serves",
        ),
        pytest.param(
            "予約の控えを示す場合には、次のとおり納める。",
            ("予約の控えを示す場合には、氏名を名乗る。", "使用料は、次のとおり納める。"),
            id="a condition before another's rule",
        ),
    ],
)
def test_halves_of_two_sentences_are_not_joined(said: str, sources: tuple[str, ...]) -> None:
    """What a source comes to may not be left out where another one's words go on."""
    assert Verdict.SUPPORTED != verdict(said, *sources)


@pytest.mark.parametrize(
    "said, source",
    [
        pytest.param(
            "台帳は以下の順に並べ、担当者が年度の初めに確かめる。",
            "台帳は以上の順に並べ、担当者が年度の初めに確かめる。",
            id="a bound without a figure",
        ),
        pytest.param(
            "来館者の数え方は、館内だけの掲示と館外の掲示に分けて示す。",
            "来館者の数え方は、館内の掲示と館外だけの掲示に分けて示す。",
            id="a limit moved",
        ),
        pytest.param(
            "この点検は利用が多いためではありません。",
            "この点検は利用が多いためです。",
            id="a denial without a word of its own",
        ),
        pytest.param(
            "閉館の日は返却を受けないわけではあります。",
            "閉館の日は返却を受けないわけではありません。",
            id="a denial taken back",
        ),
        pytest.param(
            "夜間の返却は、認める。ただし、館長が休館としたときは、認めないことができる。",
            "夜間の返却は、認めない。ただし、館長が休館としたときは、認めることができる。",
            id="rule and exception turned",
        ),
    ],
)
def test_word_in_the_place_of_another_is_seen(said: str, source: str) -> None:
    """A clause that runs along its source may not have another word where it counts."""
    assert Verdict.SUPPORTED == verdict(source, source)
    assert Verdict.SUPPORTED != verdict(said, source)


def test_synonyms_of_the_dictionary_are_the_same_word_and_rivals_are_not() -> None:
    """交付 says 支給; 許可 is not 承認, though a dictionary calls them the same."""
    assert Verdict.SUPPORTED == verdict(
        "研修の費用は、翌月に交付する。", "研修の費用は、翌月に支給する。"
    )
    assert Verdict.SUPPORTED != verdict("館長の許可を得る。", "館長の承認を得る。")


def test_condition_that_the_question_sets_need_not_be_said_again() -> None:
    """何が必要か, asked of a proxy, is answered by what a proxy needs; asked of nobody, it is not."""
    source = [Stated("代わりの者が受け取る場合は、委任の書面が必要である。")]
    said = "委任の書面が必要です。"

    assert Verdict.SUPPORTED != compare(said, source).verdict
    assert (
        Verdict.SUPPORTED
        == compare(said, source, asked="代わりの者が受け取る場合に何が必要か").verdict
    )


def test_dropped_exception_is_told() -> None:
    """A rule without the exception that stands right behind it says too much."""
    assert Verdict.SUPPORTED != verdict("備品は、館外に持ち出してはならない。", DENIED, BESIDE)


def test_difference_shows_both_sides() -> None:
    """The reader sees the draft's figure and the source's."""
    found = compare("改修中の施設は21か所です。", [Stated(COUNTED)])

    assert Verdict.CONTRADICTED == found.verdict
    assert ("21か所", "12か所") in {(one.draft, one.source) for one in found.differences}


def test_half_of_a_sentence_is_partial() -> None:
    """What stands and what does not are told apart from what is nowhere."""
    assert Verdict.PARTIAL == verdict("改修中の施設は12か所で、来年は公園も閉じる。", COUNTED)
    assert Verdict.UNFOUNDED == verdict("来年は公園の桜をすべて植え替える。", COUNTED)


def test_long_sentence_takes_little_time() -> None:
    """Reading and comparing take time in proportion to the length."""
    long = "、".join(["運営者は、四半期ごとに事業の経過を町長に報告し"] * 200) + "、報告する。"

    begun = time.process_time()
    compare(long[:4_000], [Stated(REPORT)])

    assert time.process_time() - begun < 5
