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


@pytest.mark.parametrize(
    "said, source",
    [
        pytest.param(
            "職員は、日誌を書いて控えを送ることができる。",
            "職員は、日誌を書くことができ、控えを送らなければならない。",
            id="may and must of two verbs",
        ),
        pytest.param(
            "鍵が閉まっていることが、機器が動かない理由である。",
            "鍵が閉まっていないことが、機器が動かない理由である。",
            id="one denial of two",
        ),
        pytest.param(
            "点検を確かに行うと、事故のおそれがある。",
            "点検を確かに行わないと、事故のおそれがある。",
            id="a denial in a condition",
        ),
        pytest.param("議事の要点は公表とする。", "議事の要点は非公表とする。", id="a prefix that denies"),
        pytest.param("看板の表示だけが対象となる。", "看板の表示だけでなく、床の表示も対象となる。", id="not only"),
        pytest.param(
            "館長が許したときも、この限りである。",
            "館長が許したときは、この限りでない。",
            id="not bound, and bound",
        ),
        pytest.param("窓口の待ち時間が短くなった。", "窓口の待ち時間が短くなることへの期待がある。", id="a hope"),
        pytest.param(
            "東口には緑の旗を、西口には黒の旗を立てる。",
            "東口には黒の旗を、西口には緑の旗を立てる。",
            id="what is whose",
        ),
        pytest.param(
            "部会は、協議会の求めに応じて資料を渡す。",
            "協議会は、部会の求めに応じて資料を渡す。",
            id="whose request",
        ),
        pytest.param("見学は朝よりも夜のほうが多い。", "見学は夜よりも朝のほうが多い。", id="more than what"),
        pytest.param("正面及び側面の図を添える。", "正面または側面の図を添える。", id="both for either"),
        pytest.param("完成の年度は、令和9年度（2028年度）である。", "完成の年度は、令和9年度（2027年度）である。", id="a year told twice"),
        pytest.param("朝と夕に各3回、水をまく。", "朝と夕に計3回、水をまく。", id="each for all together"),
        pytest.param(
            "利息は、納品日から支払の日まで計算する。",
            "利息は、納品日から45日を過ぎた日から支払の日まで計算する。",
            id="a start left out",
        ),
        pytest.param("立会いを行う場合は届け出る。", "立会いを省略する場合は届け出る。", id="a verb left out"),
        pytest.param("The museum lends the school its rooms.", "The school lends the museum its rooms.", id="english sides"),
    ],
)  # fmt: skip
def test_every_word_may_be_there_and_the_sentence_false(said: str, source: str) -> None:
    """A mood belongs to its verb, and a thing to its place."""
    assert Verdict.SUPPORTED == verdict(source, source)
    assert Verdict.SUPPORTED != verdict(said, source)


@pytest.mark.parametrize(
    "said, source",
    [
        pytest.param("記録の保管が望まれます。", "記録を保管することが望ましい。", id="a wish"),
        pytest.param("鍵は職員が返さなければなりません。", "職員が鍵を返すこと。", id="an order"),
        pytest.param("図面を見直す必要があります。", "図面の見直しを行う必要がある。", id="verb of two"),
        pytest.param("作業の遅れが続いています。", "作業が遅れることが続いている。", id="noun of a verb"),
        pytest.param("苗が増えています。", "苗が増殖している。", id="native verb"),
        pytest.param("閲覧できるのは成人だけです。", "閲覧できるのは成人のみである。", id="only"),
        pytest.param("名簿の公表は行いません。", "名簿は非公表とする。", id="denied by a prefix"),
        pytest.param(
            "橋の工事は、河川の水位が下がらないため、来年度になる見込みです。",
            "橋の工事は、河川の水位が下がらないことから、来年度になる見込みである。",
            id="a plan and its cause",
        ),
        pytest.param(
            "講習会は広報で知らせることとされています。",
            "講習会は、内容がよく分かるように、広報で知らせるものとする。",
            id="an aim left out",
        ),
        pytest.param("It is neither a law nor a guide.", "It is not a law and not a guide.", id="neither"),
    ],
)  # fmt: skip
def test_other_words_for_the_same_are_supported(said: str, source: str) -> None:
    """Nominalised, in the other voice or in native words a sentence says what its source says."""
    assert Verdict.SUPPORTED == verdict(said, source)


@pytest.mark.parametrize(
    "said, source",
    [
        pytest.param("池は凍るおそれがあります。", "池は凍ることが懸念される。", id="a fear as a verb"),
        pytest.param("柵の高さが決まる。", "柵の高さを決める。", id="what happens, and what is done"),
        pytest.param("水路の点検が広がった。", "水路の点検が拡大した。", id="a synonym in two groups"),
        pytest.param("鍵を返却してください。", "鍵をご返却ください。", id="a polite request"),
        pytest.param("水位が上昇した。", "水位の上昇が認められた。", id="seen, not allowed"),
        pytest.param("鍵は基本業務で使う。", "鍵は基本的な業務で使う。", id="basic is not in principle"),
        pytest.param(
            "苗を植える団体に対し、土を配る。", "団体が苗を植える際、土を配る。", id="who does what stands before"
        ),
        pytest.param("苗は植え続けられます。", "苗は続けて植えることができる。", id="られ of what can be done"),
        pytest.param("鍵の返却が必要な人は、名簿で分かります。", "鍵の返却の必要がある人は、名簿で判明する。", id="a duty before な"),
        pytest.param("予約は支所では受け付けません。", "支所では、予約の受付は行わない。", id="a denial where it holds"),
        pytest.param("本館は木造です。", "館は木造である。", id="a prefix that says which"),
        pytest.param("前払い金は返さなければなりません。", "前払い金は返さなくてよいということにはならない。", id="denied twice"),
    ],
)  # fmt: skip
def test_mood_may_be_said_by_other_words(said: str, source: str) -> None:
    """A mood is the same in a noun, in a verb and twice denied."""
    assert Verdict.SUPPORTED == verdict(said, source)


@pytest.mark.parametrize(
    "said, source",
    [
        pytest.param("段差は解消されている。", "段差の解消が求められる。", id="done, and only asked for"),
        pytest.param(
            "苦情の増加により、夜も窓口が開く。",
            "駅の新設により、夜も窓口が開く一方、苦情の増加も見られる。",
            id="what brings it about is another",
        ),
        pytest.param("苗木は、畑に土を運び、車を育てる。", "車は、畑に土を運び、苗木を育てる。", id="two things turned round"),
        pytest.param("橋の塗装を完了した。", "橋の塗装を予定している。", id="done, and only planned"),
        pytest.param("名を伏せた人は数に含まれない。", "数には、名を伏せた人を含む。", id="a common verb denied"),
        pytest.param("熱によるものを使う。", "熱によらないものを使う。", id="a denial of how"),
        pytest.param("農協は、町と相談して種を配った。", "町は、農協と相談して種を配った。", id="who acts with whom"),
        pytest.param("町は、農協が進める事業に協力する。", "農協は、町が進める事業に協力する。", id="who acts for whom"),
        pytest.param("甲は、乙の求めで鍵を返す。", "乙は、甲の求めで鍵を返す。", id="one letter for each"),
    ],
)  # fmt: skip
def test_who_acts_and_what_is_done_must_be_the_source_s(said: str, source: str) -> None:
    """All words are there; another does it, or it is not yet done."""
    assert Verdict.SUPPORTED == verdict(source, source)
    assert Verdict.SUPPORTED != verdict(said, source)


def test_opposite_of_the_verb_is_shown_with_both() -> None:
    """高まる against 弱まる, in place of a word that no source has."""
    found = compare("風がやむと、火の勢いが弱まる。", [Stated("風がやむと、火の勢いが高まる。")])

    assert Verdict.CONTRADICTED == found.verdict
    assert ("弱まる", "高まる") in {(one.draft, one.source) for one in found.differences}


def test_name_in_the_place_of_another_is_shown_with_both() -> None:
    """A body that no source names, where the source names another, contradicts it."""
    found = compare("河川課が水門の点検を行う。", [Stated("道路課が水門の点検を行う。")])

    assert Verdict.CONTRADICTED == found.verdict
    assert ("河川", "道路") in {(one.draft, one.source) for one in found.differences}


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


@pytest.mark.parametrize(
    "said, source, draft",
    [
        pytest.param("花壇には球根のみを植える。", "花壇には球根も苗も植える。", "のみ", id="only"),
        pytest.param(
            "水門課の職員が鍵を預かる。", "道路局の職員が鍵を預かる。", "水門", id="two words"
        ),
        pytest.param("苗代は返還されない。", "苗代は返還される。", "ない", id="a denial"),
    ],
)
def test_what_is_plainly_otherwise_contradicts(said: str, source: str, draft: str) -> None:
    """A limit added to what the source says, another's name and a denial are no half-truths."""
    found = compare(said, [Stated(source)])

    assert Verdict.CONTRADICTED == found.verdict
    assert draft in {one.draft for one in found.differences}


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
