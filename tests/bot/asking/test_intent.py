"""A question is read once: what is asked, about what, under which conditions."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from bot.answers import SmallTalk
from bot.asking.intent import Article, Kind, Town
from bot.asking.reading import read
from ingest.language.numbers import Bound


@pytest.mark.parametrize(
    "text",
    [
        "総務課の佐藤です。標準化の目標時期は？",
        "町民課の鈴木と申します。標準化の目標時期は？",
        "さんの代わりに質問です。標準化の目標時期は？",
        "<@U012ABCDE> 標準化の目標時期は？ :bow:",
        "お世話になっております。\n企画課の山田です。\n\n標準化の目標時期は？\n\nよろしくお願いいたします。",
        "お忙しいところ恐れ入りますが、標準化の目標時期は？",
        "標準化の目標時期は？\n--\n企画課 山田太郎\nTEL 03-1234-5678",
        "標準化の目標時期は？\n\n> 先日の件ですが、メールで回答します。\n> 担当 鈴木",
        "突然のメール失礼いたします。標準化の目標時期は？ご教示いただけますと幸いです。",
        "*標準化の目標時期は？* 🙏",
    ],
)
def test_manners_and_markup_are_no_part_of_the_question(text: str) -> None:
    """Greeting, name, thanks, signature, quoted mail, mention and emoji come off."""
    intent = read(text)

    assert "標準化の目標時期は？" == intent.core
    assert () == intent.parts
    assert text == intent.text


@pytest.mark.parametrize(
    "text, talk",
    [
        ("こんにちは", SmallTalk.GREETING),
        ("お世話になっております。企画課の山田です。", SmallTalk.GREETING),
        ("Hello!", SmallTalk.GREETING),
        ("ありがとうございました！", SmallTalk.THANKS),
        ("Thanks a lot for your help", SmallTalk.THANKS),
    ],
)
def test_message_that_asks_nothing_is_small_talk(text: str, talk: SmallTalk) -> None:
    """A greeting is answered as one, not searched for."""
    assert talk is read(text).small_talk


def test_mark_of_a_document_stays() -> None:
    """★ is asked about; it is no emoji."""
    assert "構成例の★印は何を表していますか。" == read("構成例の★印は何を表していますか。").core


def test_each_question_of_a_message_is_kept() -> None:
    """The second question that points back is made whole by the first."""
    intent = read("データ移行は何番の作業ですか？それは誰が行いますか？")

    assert [Kind.NUMBER] == [want.kind for want in intent.parts[0].wanted]
    assert intent.parts[1].core.startswith("データ移行は何番の作業ですか")
    assert Kind.WHO in intent.parts[1].kinds


def test_what_is_told_before_a_short_question_stays_with_it() -> None:
    """Without the sentence before, nobody knows what number is meant."""
    assert (
        "手順書について問い合わせたい。電話番号は？"
        == read("手順書について問い合わせたい。電話番号は？").core
    )


@pytest.mark.parametrize(
    "text, kind, unit",
    [
        ("施行はいつですか", Kind.DATE, ""),
        ("標準化は何年度までに終えるのか", Kind.DEADLINE, "年度"),
        ("謝礼はいくら", Kind.AMOUNT, "円"),
        ("委員は何名ですか", Kind.COUNT, "人"),
        ("対象業務はいくつありますか", Kind.COUNT, "業務"),
        ("手続は全部で何種類ありますか", Kind.COUNT, "種類"),
        ("補助率を教えて", Kind.SHARE, ""),
        ("加入者は何％", Kind.SHARE, "%"),
        ("任期は最長で何年ですか", Kind.DURATION, "年"),
        ("回答期間は何ヶ月か", Kind.DURATION, "か月"),
        ("年に何回点検しますか", Kind.FREQUENCY, "回"),
        ("何歳まで受験できますか", Kind.AGE, "歳"),
        ("線の太さは何mmですか", Kind.QUANTITY, "mm"),
        ("予算要求は何番目の作業か", Kind.NUMBER, "番目"),
        ("座長は誰か", Kind.WHO, ""),
        ("書かない窓口をやっている市はどこ？", Kind.TOWN, ""),
        ("申請書はどこに出しますか", Kind.PLACE, ""),
        ("担当室の電話番号は", Kind.CONTACT, ""),
        ("必要書類の一覧", Kind.LIST, ""),
        ("任用するにはどうすればいい", Kind.STEPS, ""),
        ("ガバメントクラウドとは何ですか", Kind.DEFINITION, ""),
        ("外国人も申し込みできますか", Kind.YES_NO, ""),
        ("講師の謝礼は5,000円か", Kind.YES_NO, ""),
        ("なぜ遅れたのか", Kind.REASON, ""),
        ("甲と乙の違いは", Kind.COMPARISON, ""),
        ("国と町のどちらが負担しますか", Kind.CHOICE, ""),
        ("計画の正式名称は", Kind.NAME, ""),
        ("第18条の内容は", Kind.ARTICLE, ""),
        ("When does the act take effect?", Kind.DATE, ""),
        ("By when must the form be sent?", Kind.DEADLINE, ""),
        ("How many people sit on the board?", Kind.COUNT, "人"),
        ("How much is the fee?", Kind.AMOUNT, ""),
        ("How long is the term?", Kind.DURATION, ""),
        ("Which town runs the bus?", Kind.TOWN, ""),
        ("What is the government cloud?", Kind.DEFINITION, ""),
        ("Is a permit required?", Kind.YES_NO, ""),
        ("Is there funding when a town hires an expert?", Kind.YES_NO, ""),
    ],
)
def test_kind_of_answer_comes_first_with_its_unit(text: str, kind: Kind, unit: str) -> None:
    """What is asked most plainly stands first, in the usual spelling of the unit."""
    first = read(text).wanted[0]

    assert (kind, unit) == (first.kind, first.unit)


@pytest.mark.parametrize(
    "text, bound", [("申請は何日前までですか", "前"), ("届出は何日以内ですか", "以内")]
)
def test_word_behind_a_counter_makes_it_another_value(text: str, bound: str) -> None:
    """何日前 is not 何日."""
    assert bound == read(text).wanted[0].bound


@pytest.mark.parametrize(
    "text, kind",
    [
        ("登録にいくらかかりますか", Kind.AMOUNT),
        ("調停は何日かかりますか", Kind.DURATION),
        ("いくらから対象になりますか", Kind.AMOUNT),
        ("どこから申し込みますか", Kind.PLACE),
        ("誰から許可をもらいますか", Kind.WHO),
        ("寄せられた相談は何件か。", Kind.COUNT),
    ],
)
def test_a_word_that_asks_is_not_cut_out_of_what_follows(text: str, kind: Kind) -> None:
    """いくらか, 何日か and どこか are some; in いくらかかる and どこから か belongs to the next word."""
    assert kind is read(text).wanted[0].kind


@pytest.mark.parametrize("text", ["いくつかの自治体を兼ねられますか", "何か必要ですか"])
def test_word_for_some_asks_for_nothing(text: str) -> None:
    """いくつか and 何か are some, not how many or what."""
    assert (Kind.YES_NO,) == read(text).kinds


@pytest.mark.parametrize(
    "text, way",
    [
        ("利用料が一番安い施設", "least"),
        ("参加者がいちばん少ない回", "least"),
        ("もっとも短い期間", "least"),
        ("1番高い部屋", "most"),
        ("最も広い会議室", "most"),
    ],
)
def test_what_there_is_little_of_asks_for_the_least(text: str, way: str) -> None:
    """一番 alone asks for the most; what it stands before tells of what."""
    wanted = read(text).wanted

    assert way in [want.unit for want in wanted if want.kind is Kind.EXTREME]


@pytest.mark.parametrize(
    "text, kind",
    [
        ("落札したのはどの業者ですか", Kind.WHO),
        ("認定を最初に受けた会社はどこですか", Kind.WHO),
        ("どのような方法で申請しますか", Kind.STEPS),
        ("どの期間に受け付けますか", Kind.DURATION),
        ("改訂したあとは何をすればよいでしょう", Kind.STEPS),
        ("管理者って何をする人のこと", Kind.DEFINITION),
    ],
)
def test_noun_beside_which_says_what_is_asked(text: str, kind: Kind) -> None:
    """どの業者 asks who, どのような方法 how."""
    assert kind is read(text).kinds[0]


@pytest.mark.parametrize(
    "text, kinds",
    [
        ("商店街の平均店舗数", (Kind.COUNT,)),
        ("集落協定の交付額", (Kind.AMOUNT,)),
        ("供用率 延岡", (Kind.SHARE,)),
        ("添付する資料", ()),
        ("その事例はどの資料に出てきますか", ()),
        ("供用率が高い延岡", ()),
    ],
)
def test_noun_asks_for_a_figure_by_its_last_word(text: str, kinds: tuple[Kind, ...]) -> None:
    """店舗数 asks how many, 資料 for no fee; words typed apart ask in any order."""
    assert kinds == read(text).kinds


def test_nouns_that_only_join_are_no_part_of_a_thing() -> None:
    """売上のうち惣菜 is about 惣菜, and 払ったあと about nothing more than 払う."""
    assert ["売上", "惣菜"] == [one.said for one in read("売上のうち惣菜が占める割合は").subjects]
    assert ["使用料"] == [one.said for one in read("使用料は払ったあとで返るか").subjects]


def test_most_and_how_many_of_a_list() -> None:
    """An extreme says of which end, a list how many."""
    wanted = {
        one.kind: one
        for text in ("相談が最も多い月はいつですか", "注意点を3つ挙げて")
        for one in read(text).wanted
    }

    assert ("most", 1) == (wanted[Kind.EXTREME].unit, wanted[Kind.EXTREME].top)
    assert 3 == wanted[Kind.LIST].top


def test_compounds_stay_whole_and_asking_nouns_are_told_apart() -> None:
    """目標時期 is one thing; 期限 alone only asks."""
    things = read("デジタル人材の期限は").things

    assert ["デジタル人材", "期限"] == [thing.said for thing in things]
    assert [False, True] == [thing.asks for thing in things]
    assert ("デジタル", "人材") == things[0].words


def test_words_typed_apart_are_things_by_themselves() -> None:
    """As in a search box; a word whose letters are spread over their width is one."""
    apart = read("産業医　巡視　何回")
    spread = read("市 長 の 任 期")

    assert ["産業医", "巡視"] == [thing.said for thing in apart.things]
    assert ["市長", "任期"] == [thing.said for thing in spread.things]


def test_quoted_name_is_one_thing() -> None:
    """The words of 「書かない窓口」 are a name: nothing is denied."""
    intent = read("「書かない窓口」を始めた市は？")

    assert "書かない窓口" == intent.things[0].said
    assert not intent.negative


@pytest.mark.parametrize(
    "text, said, negative",
    [
        ("就業規則を提出する事業所は", ("提出",), False),
        ("外国人は申請できないのですか", ("申請",), True),
        ("届出は不要ですか", ("不要",), True),
        ("本人確認は必要ですか", ("必要",), False),
        ("契約前に開示しなければならない項目は", ("開示",), False),
        ("写しを添付しなくてはいけない届出は", ("添付",), False),
        ("写しを添付しなくてよい届出は", ("添付",), True),
    ],
)
def test_predicate_is_what_is_said_of_the_things(
    text: str, said: tuple[str, ...], *, negative: bool
) -> None:
    """Verbs, nouns with する, and states; denied where ない or 不要 says so, and not twice."""
    intent = read(text)

    assert (said, negative) == (intent.predicate, intent.negative)


def test_conditions_are_values() -> None:
    """Years last as long as they do, amounts compare, towns know their prefecture."""
    found = read("千葉県市川市で令和5年度に人口5万人未満だったのは").conditions

    assert (Town("市川市", "千葉県"),) == found.towns
    (year,) = found.periods
    assert (date(2023, 4, 1), date(2024, 3, 31)) == (year.first, year.last)
    (figure,) = found.figures
    assert (Fraction(50_000), "人", (Bound.BELOW,)) == (figure.value, figure.unit, figure.bounds)


def test_kind_of_body_and_edition_bound_the_question() -> None:
    """町の場合 is about towns, 第2.0版 about that edition."""
    assert ("町",) == read("町の場合の期限は").conditions.bodies
    assert ("2.0",) == read("第2.0版で変わった点は").conditions.editions


def test_day_whose_editions_are_meant_is_no_thing() -> None:
    """A month means its last day, as editions come into force."""
    intent = read("令和4年3月時点で対象事務はいくつか")

    assert date(2022, 3, 31) == intent.conditions.as_of
    assert ["対象事務"] == [thing.said for thing in intent.things]


@pytest.mark.parametrize(
    "text, article",
    [
        ("第十八条の内容は", Article("条", (18,), said="第18条")),
        ("第18条の2の内容は", Article("条", (18, 2), said="第18条の2")),
        (
            "旅費条例第3条の2第1項第4号は",
            Article(
                "条", (3, 2), paragraph=1, item=(4,), work="旅費条例", said="第3条の2第1項第4号"
            ),
        ),
        ("附則第2項を見せて", Article("附則", paragraph=2, supplementary=True, said="附則第2項")),
        ("別表第一を見せて", Article("別表", (1,), said="別表第1")),
        ("様式第4号を見せて", Article("様式", (4,), said="様式第4号")),
        ("第4号様式を見せて", Article("様式", (4,), said="第4号様式")),
    ],
)
def test_article_is_structure(text: str, article: Article) -> None:
    """第18条 and 第18条の2 are two articles, and 附則第2項 is none of the main part."""
    assert (article,) == read(text).articles
