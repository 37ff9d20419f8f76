"""One spelling for what people write many ways."""

from __future__ import annotations

import threading

import pytest

from ingest.language.spelling import is_japanese, normalise
from ingest.language.words import (
    known_share,
    loanwords,
    nouns,
    pairs,
    stands_alone,
    tokens,
)


@pytest.mark.parametrize(
    "expected, written",
    [
        pytest.param("2025年度", "令和７年度", id="a full-width era year is a western year"),
        pytest.param("2019年", "令和元年", id="the first year of an era is written 元"),
        pytest.param("2018.4.1", "H30.4.1", id="an era may be one letter before a date"),
        pytest.param("17業務", "十七業務", id="Chinese numerals before a counter are figures"),
        pytest.param("2025年", "二〇二五年", id="Chinese digits are figures"),
        pytest.param("第17条", "第十七条", id="an article's number is a figure"),
        pytest.param("三重県", "三重県", id="a numeral inside a name stays"),
        pytest.param("cio補佐官", "ＣＩＯ補佐官", id="full-width letters are small letters"),
        pytest.param("1234円", "1,234円", id="thousands are written without a comma"),
        pytest.param("03-5253-5525", "０３－５２５３−５５２５", id="every dash is a hyphen"),
        pytest.param("オンライン", "ｵﾝﾗｲﾝ", id="half-width kana are kana"),
        pytest.param("自治体", "⾃治体", id="compatibility ideographs are ideographs"),
        pytest.param("人材育成", "人 材 育 成", id="spaced-out headings close up"),
        pytest.param("its 2nd edition", "its 2nd edition", id="English keeps its spaces"),
        pytest.param("hrs 7", "hrs 7", id="a letter inside a word is no era"),
        pytest.param("2025年度", "令和七年度", id="an era year in Chinese numerals"),
        pytest.param("2038年", "令和二十年", id="and in two of them"),
        pytest.param("2025年度", "R7年度", id="an era may be one letter before 年度"),
        pytest.param("2025予算", "R7予算", id="and alone, as tables head their columns"),
        pytest.param("(2025)", "(Ｒ７)", id="also in brackets and full width"),
        pytest.param("2025年度", "FY2025", id="a fiscal year in English"),
        pytest.param("2025年度", "FY25", id="and in two figures"),
        pytest.param("h2 s3 r&d7 r2d2", "H2 S3 R&D7 R2D2", id="other letters are other things"),
        pytest.param("7業務", "七業務", id="one numeral before 業務"),
        pytest.param("全7業務", "全七業務", id="also after 全"),
        pytest.param("5団体", "五団体", id="one numeral before 団体"),
        pytest.param("6か月", "六か月", id="one numeral before か月"),
        pytest.param("6か月", "6ヶ月", id="a month is counted with か"),
        pytest.param("3か所", "三箇所", id="a place likewise"),
        pytest.param("20%", "二割", id="one numeral before 割, as a share"),
        pytest.param("3つ", "三つ", id="one numeral before つ"),
        pytest.param("3分の2", "三分の二", id="a fraction"),
        pytest.param("約30%が", "約三割が", id="one numeral after 約"),
        pytest.param("1日も", "一日も", id="a day"),
        pytest.param("10年", "十年", id="ten years"),
        pytest.param("1000000円", "百万円", id="a sum"),
        pytest.param("3000000円", "三百万円", id="a sum of three numerals"),
        pytest.param("2000人", "2千人", id="figures and a numeral together"),
        pytest.param("50000000円", "5千万円", id="likewise before 万"),
        pytest.param("12000円", "1万2千円", id="a sum in parts"),
        pytest.param("120000000円", "1億2,000万円", id="of millions in parts"),
        pytest.param("3500円", "3.5千円", id="a sum with a point"),
        pytest.param("5%", "百分の五", id="a hundredth"),
        pytest.param("5%", "５パーセント", id="a share in words"),
        pytest.param("85%", "8割5分", id="tenths and hundredths"),
        pytest.param("2割引 5割合", "2割引 5割合", id="what is no tenth"),
        pytest.param("鯵ヶ沢町", "鰺ヶ沢町", id="forms that changed places in 1983"),
        pytest.param("25条", "二十五条", id="twenty-five"),
        pytest.param("第1四半期", "第一四半期", id="a quarter of a year is not the fourteenth"),
        pytest.param("第3回", "第三回", id="the third time"),
        pytest.param("住民", "住⺠", id="a radical that fonts give for 民"),
        pytest.param("部長", "部⻑", id="a radical that fonts give for 長"),
        pytest.param("戸籍", "⼾籍", id="a radical that NFKC makes an old form of"),
        pytest.param("青色", "⻘色", id="a radical that fonts give for 青"),
    ],
)
def test_normalise(expected: str, written: str) -> None:
    """What means the same is written the same."""
    assert expected == normalise(written)


@pytest.mark.parametrize(
    "word",
    [
        "一部",
        "一般",
        "統一",
        "第三者",
        "第一人者",
        "第一歩",
        "第三セクター",
        "三重県",
        "八戸市",
        "千代田区",
        "八千代市",
        "千葉県",
        "二戸市",
        "十日町市",
        "四日市市",
        "五日市",
        "三条市",
        "四万十市",
        "六ヶ所村",
        "九州",
        "四国",
        "十分",
        "不十分",
        "一時",
        "一時的",
        "一元化",
        "一体的",
        "一括",
        "一律",
        "一定",
        "一方",
        "一層",
        "一切",
        "一覧",
        "一致",
        "一環",
        "一本化",
        "一人ひとり",
        "一人親",
        "唯一",
        "万一",
        "第一線",
        "二次",
        "三位一体",
        "一斉",
        "八百屋",
        "千歳市",
        "百貨店",
        "七尾市",
        "一宮市",
        "三鷹市",
        "五所川原市",
        "三種町",
        "一級",
        "数十",
        "単位:千円",
        "県内一円",
        "十二支",
        "三角",
        "〇〇市",
    ],
)
def test_a_numeral_inside_a_word_stays(word: str) -> None:
    """These are words, not numbers; a text without them would be found no more."""
    assert word == normalise(f"「{word}」")[1:-1]


@pytest.mark.parametrize(
    "one, other",
    [
        ("七業務", "７業務"),
        ("百万円", "１００万円"),
        ("二千人", "2千人"),
        ("令和七年度", "FY2025"),
        ("住⺠", "住民"),
        ("取組み", "取り組み"),
        ("サーバ", "サーバー"),
        ("行なう", "行う"),
        ("十七業務", "17業務"),
        ("CIO aides", "cio aide"),
    ],
)
def test_variants_are_the_same_words(one: str, other: str) -> None:
    """Spelling variants of one word give the same words."""
    assert tokens(one) == tokens(other) != []


def test_two_editions_are_two_words() -> None:
    """第1.0版 and 第1版 name different editions, though the dictionary reads both as 1."""
    assert "1.0" in tokens("第1.0版")
    assert "1.0" not in tokens("第1版")


def test_words_that_only_carry_a_question_are_left_out() -> None:
    """教えてください and what say nothing about the subject."""
    assert ["標準", "期限"] == [w for w in tokens("標準の期限を教えてください") if w != "化"]
    assert ["deadlin"] == tokens("what is the deadline")


def test_pairs_cross_a_middle_dot_and_keep_figures_whole() -> None:
    """標準化・共通化 gives the pair 化共; 17 is one unit."""
    assert ["標準", "準化", "化共", "共通", "通化"] == pairs("標準化・共通化")
    assert ["17", "業務"] == pairs("17業務")


def test_english_words_find_the_loanword() -> None:
    """Security is also found as セキュリティー."""
    assert ["セキュリティー"] == loanwords("the security")


def test_nouns_leave_verbs_out() -> None:
    """任用する says what is done to 補佐官."""
    assert "官" not in nouns("補佐官を雇う")
    assert "補佐" in nouns("補佐官を雇う")
    assert "雇う" not in nouns("補佐官を雇う")


@pytest.mark.parametrize("text", ["DXの推進", "RFIとは？", "CIO補佐官"])
def test_japanese_with_latin_abbreviations_is_japanese(text: str) -> None:
    """An abbreviation does not make a question English."""
    assert is_japanese(text)


@pytest.mark.parametrize("text", ["how do we hire a CIO aide", "what is BPR?", ""])
def test_text_without_japanese_is_not(text: str) -> None:
    """English, and nothing at all, are not Japanese."""
    assert not is_japanese(text)


def test_threads_do_not_share_a_tokenizer() -> None:
    """Sudachi raises "already in use" when two threads share one; each has its own."""
    failures: list[BaseException] = []

    def cut() -> None:
        try:
            for _ in range(200):
                assert tokens("自治体の情報システムの標準化")
        except BaseException as problem:  # noqa: BLE001 - carried over to the test
            failures.append(problem)

    threads = [threading.Thread(target=cut) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failures


def test_a_line_longer_than_the_dictionary_takes_is_cut() -> None:
    """Sudachi refuses more than 49,149 bytes at once."""
    assert len(tokens("標準化" * 20_000)) >= 40_000


@pytest.mark.parametrize(
    "expected, text",
    [
        pytest.param(1.0, "会計年度任用職員", id="words"),
        pytest.param(1.0, "⾃治体\n職員", id="compatibility ideographs, over two lines"),
        pytest.param(0.0, "査程表", id="characters that are words only by themselves"),
        pytest.param(0.5, "職員\n査程", id="half of both"),
        pytest.param(0.0, "", id="nothing"),
    ],
)
def test_known_words_are_counted_by_character(expected: float, text: str) -> None:
    """The dictionary knows nearly every single kanji, so only longer words count."""
    assert expected == known_share(text)


@pytest.mark.parametrize(
    "expected, name, text",
    [
        pytest.param(True, "津市", "三重県津市の窓口", id="after its prefecture"),
        pytest.param(True, "津市", "平成30年度津市総合計画", id="after another word"),
        pytest.param(True, "津市", "津市", id="alone"),
        pytest.param(True, "津市", "人口27万人の津市民", id="its citizens"),
        pytest.param(False, "津市", "滋賀県大津市の窓口", id="inside a longer name"),
        pytest.param(False, "川市", "千葉県市川市の窓口", id="the end of a name"),
        pytest.param(
            False, "広島市", "広島県東広島市の窓口", id="a name with a point of the compass"
        ),
        pytest.param(False, "津市", "津市場の跡地", id="the beginning of another word"),
        pytest.param(True, "四日市", "三重県四日市市", id="without its last character"),
    ],
)
def test_a_name_stands_alone_or_inside_another(*, expected: bool, name: str, text: str) -> None:
    """Words decide, not characters."""
    at = text.index(name)

    assert expected is stands_alone(text, at, at + len(name))
