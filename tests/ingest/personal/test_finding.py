"""Personal data is found by its kind, however it is written; what manuals are full of is not."""

from __future__ import annotations

import random
import time

import pytest

from ingest.personal.finding import find, personal_pages
from ingest.personal.kinds import Kind
from ingest.personal.numbers import is_my_number

SEED = 20260402
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
CHINESE = str.maketrans("0123456789", "〇一二三四五六七八九")
GAPS = [
    "",
    "-",
    " ",
    "  ",
    "\u3000",
    "－",
    "‐",
    "—",
    "_",
    "/",
    ".",
    "・",
    "~",
    "〜",
    "\u200b",
    "\n",
    "*",
    ":",
]
AROUND = [
    *("{}の人", "約{}", "計{}円", "予算の件で{}", "第{}号", "令和6年{}", "平成3年生まれ{}", "ID{}号", "法人番号ではなく{}"),
    *("①②③④ {}", "12.{}", "約束の日に{}が来た", "({})"),
]  # fmt: skip


def my_number(rng: random.Random) -> str:
    """Return a made-up Individual Number with a right check digit."""
    head = "".join(str(rng.randrange(10)) for _ in range(11))
    return next(head + str(last) for last in range(10) if is_my_number(head + str(last)))


def cut(digits: str, size: int, gap: str) -> str:
    """Return digits in groups of a size."""
    return gap.join(digits[at : at + size] for at in range(0, len(digits), size))


def left_of(text: str) -> str:
    """Return what a mask leaves of a text."""
    kept, at = [], 0
    for finding in find(text):
        kept.append(text[at : finding.start])
        at = finding.end
    return "".join([*kept, text[at:]])


@pytest.mark.parametrize("gap", GAPS, ids=ascii)
def test_my_number_is_found_however_it_is_cut(gap: str) -> None:
    """Groups of four, three or two, in plain, wide or Chinese digits, with any gap of one kind."""
    rng = random.Random(f"{SEED}-{gap}")  # noqa: S311 - made-up examples
    for size in (4, 3, 2):
        for written in (str, lambda digits: digits.translate(WIDE), lambda d: d.translate(CHINESE)):
            digits = my_number(rng)
            if (
                size == 3
                and gap == "."
                and all(int(digits[at : at + 3]) < 256 for at in (0, 3, 6, 9))
            ):
                continue  # an address of the internet looks the same
            text = cut(written(digits), size, gap) + "の住所変更"
            assert left_of(text) == "の住所変更", text


@pytest.mark.parametrize("around", AROUND)
def test_check_digit_beats_every_word_around_it(around: str) -> None:
    """A number of a law, an amount or a year has no twelve digits that check out."""
    rng = random.Random(f"{SEED}-{around}")  # noqa: S311 - likewise
    for _ in range(5):
        digits = my_number(rng)
        assert digits not in left_of(around.format(digits))


def test_my_number_inside_a_longer_run_is_found() -> None:
    """Digits that were run together with others are masked with them."""
    rng = random.Random(SEED)  # noqa: S311 - likewise
    for _ in range(20):
        digits = my_number(rng)
        assert digits not in left_of(f"{digits}{rng.randrange(10**12):012}")
        assert digits not in left_of(f"{rng.randrange(10, 99)}{digits}")


@pytest.mark.parametrize(
    "kind,text,secret",
    [
        (Kind.RESIDENCE_CARD, "在留カード番号ＡＢ１２３４５６７８ＣＤ", "１２３４５６７８"),
        (Kind.RESIDENCE_CARD, "ZX87654321QWの更新", "ZX87654321QW"),
        (Kind.PASSPORT, "パスポートはTR7654321です", "TR7654321"),
        (Kind.LICENCE, "運転免許証番号 305012345678", "305012345678"),
        (Kind.LICENCE, "免許証 第305012345678号", "305012345678"),
        (Kind.PENSION, "基礎年金番号：9876-543210", "9876-543210"),
        (Kind.INSURED, "後期高齢者医療被保険者番号 01234567", "01234567"),
        (Kind.INSURED, "雇用保険被保険者番号 5001-234567-8", "5001-234567-8"),
        (Kind.INSURED, "記号12・番号3456の保険証", "3456"),
        (Kind.DOCUMENT, "療育手帳 第98765号", "98765"),
        (Kind.DOCUMENT, "宛名番号は0000456789", "0000456789"),
        (Kind.DOCUMENT, "患者番号 54321", "54321"),
        (Kind.VEHICLE, "湘南 330 せ 12-34の車", "12-34"),
        (Kind.BANK, "普通 7654321に", "7654321"),
        (Kind.BANK, "口座番号は 123-4567 です", "123-4567"),
        (Kind.CARD, "カード4111 1111 1111 1111", "1111"),
        (Kind.RESIDENT_CODE, "住民票コード 1234-5678-901", "5678"),
        (Kind.BIRTH, "昭和50年3月4日生まれ", "3月4日"),
        (Kind.BIRTH, "S50.3.4生の男性", "50.3.4"),
        (Kind.BIRTH, "昭和五十年三月四日に生まれた", "三月四日"),
        (Kind.BIRTH, "生年月日：1985/3/4", "1985/3/4"),
        (Kind.BIRTH, "生年月日 19850304", "19850304"),
        (Kind.BIRTH, "born on March 4, 1985", "March 4"),
        (Kind.TELEPHONE, "090.2345.6789に", "2345"),
        (Kind.TELEPHONE, "０９０ － ２３４５ － ６７８９", "２３４５"),
        (Kind.TELEPHONE, "+81(0)90-2345-6789", "2345"),
        (Kind.TELEPHONE, "（0466）23-4567の人", "23-4567"),
        (Kind.TELEPHONE, "電話は23-4567", "23-4567"),
        (Kind.TELEPHONE, "〇九〇―二三四五―六七八九", "二三四五"),
        (Kind.TELEPHONE, "〇九〇の二三四五の六七八九へ", "二三四五"),
        (Kind.TELEPHONE, "０３の５５５５の１２３４に", "５５５５"),
        (Kind.ADDRESS, "世田谷区桜丘3-12-5 図書館の隣", "3-12-5"),
        (Kind.MAIL, "hana(at)example.jp", "hana"),
        (Kind.MAIL, "花子@例え.jp", "花子"),
        (Kind.MAIL, "hana [at] example [dot] jp", "hana"),
        (Kind.ADDRESS, "札幌市中央区南１条西５丁目", "南１条西５丁目"),
        (Kind.ADDRESS, "京都市下京区四条通高倉西入立売西町82", "82"),
        (Kind.ADDRESS, "京都市上京区今出川通烏丸東入相国寺門前町647番地", "647"),
        (Kind.ADDRESS, "鎌倉市御成町18-10の世帯", "18-10"),
        (Kind.ADDRESS, "西新宿2丁目8番1号に住む方", "2丁目8番1号"),
        (Kind.ADDRESS, "霞が関2-1-2に住む人", "2-1-2"),
        (Kind.ADDRESS, "弘前市大字上白銀町1-1", "1-1"),
        (Kind.ADDRESS, "〒252-0804の人", "252-0804"),
        (Kind.BANK, "ゆうちょ銀行 12340-76543211", "76543211"),
        (Kind.PENSION, "年金の番号は9876-543210", "9876-543210"),
        (Kind.DOCUMENT, "お客様番号 4321-9876", "4321-9876"),
        (Kind.BIRTH, "生年月日 昭50.3.4", "50.3.4"),
        (Kind.ADDRESS, "富山市丸の内三の五の七の住民", "三の五の七"),
        (Kind.ADDRESS, "浦安市入船4街区12号", "4街区12号"),
        (Kind.NAME, "工藤が払っていない", "工藤"),
        (Kind.NAME, "住民の工藤が", "工藤"),
        (Kind.NAME, "小鳥遊さんの届", "小鳥遊"),
        (Kind.NAME, "王さんの件", "王"),
        (Kind.NAME, "スズキイチロウの申請", "スズキイチロウ"),
        (Kind.NAME, "グエン・ティ・ランの転入", "グエン・ティ・ラン"),
        (Kind.NAME, "フェルナンデスさん", "フェルナンデス"),
        (Kind.NAME, "John Smithの申請", "John Smith"),
        (Kind.NAME, "さとうはなこさん", "はなこ"),
        (Kind.NAME, "滞納者の山口", "山口"),
    ],
)
def test_kind_is_found_as_people_write_it(kind: Kind, text: str, secret: str) -> None:
    """Nothing of the secret is left, and the mask says what it was."""
    assert secret not in left_of(text)
    assert kind in {finding.kind for finding in find(text)}


@pytest.mark.parametrize(
    "text",
    [
        *("デジタル庁の田中さんの講演", "総務省の佐藤さんの説明", "Mr Robotの使い方", "佐藤総合計画の報告書"),
        *("大林組の請負", "お客さん対応", "大家さん", "赤ちゃんの健診", "市長さんの挨拶", "皆さま", "森林さんぽの道"),
        *("平成16年4月2日以降に生まれた方", "4月1日生まれの子の学年", "昭和56年6月1日以降の建築"),
        *("問い合わせ番号 1111-2222-3333", "IPアドレス 192.168.100.200", "2024-11-30 12:34の更新", "図2-1-1"),
        *("総務省 03-5253-5111", "0120 のフリーダイヤル", "電話の受付時間は9:00-17:00", "令和7年度予算1,234,567,890円"),
        *("運転免許証の写し", "介護保険の65歳以上", "国民健康保険の2021-2025年度", "登録番号T1234567890123"),
        *("中央区1丁目の事業", "1-2-3の手順", "横浜市で一番多い", "港区の1番の課題", "様式第12号", "100 200 300 400の目盛"),
        *("パソコン・スマートフォンの利用", "クラウド・バイ・デフォルト", "Amazon Web Services", "New York City"),
        *("千代田区霞が関2-1-2 中央合同庁舎第2号館", "松本市丸の内3番7号 松本市役所", "15の2の3の規定"),
        *("福島県の復興", "山口市の窓口", "千葉市の事例", "申請者、マイナポータル、窓口"),
    ],
)  # fmt: skip
def test_what_manuals_are_full_of_is_left_alone(text: str) -> None:
    """Offices, their staff, products, laws, years, figures and places raise no alarm."""
    assert () == find(text)


@pytest.mark.parametrize(
    "piece",
    [
        *("市", "1", "1-", "0", "090", "〒", "山田", "さん", "@a.", "a@", "丁目", "1丁目", "番地", "条", "氏名は", "の", " "),
        *("A", "Aa ", "マリア・", "一", "生年月日", "マイナンバー", "番号", "Mr A", "1 ", "12,", "ァ", "ぁ", "東京都千代田区"),
        *("カード番号", "住所は", "口座", "普通", "\u200b", "通上る", "大字", "記号1番号", "S50.", "January 1", "(", "[at]"),
    ],
    ids=ascii,
)  # fmt: skip
def test_cost_grows_no_faster_than_the_text(piece: str) -> None:
    """A piece that is repeated over 16,000 characters takes its share of time and no power of it."""
    text = (piece * 16_000)[:16_000]
    find("市" * 100)  # the dictionary and the lists are read once
    began = time.process_time()
    find(text)

    assert time.process_time() - began < 6.0


def test_pages_of_a_document_that_hold_personal_data_are_told() -> None:
    """A single number of somebody, or many names with addresses; never the authors of a manual."""
    rows = [
        f"鈴木{each}子さん 神奈川県鎌倉市御成町18-{at} 090-2345-67{at}"
        for at, each in enumerate("一二三四五六", 10)
    ]
    pages = [
        "手続の説明。問い合わせは総務課（03-5253-5111）の山田太郎氏まで。",
        "記入例：個人番号 123456789018",
        "令和8年度 参加者名簿\n" + "\n".join(rows),
    ]

    found = personal_pages(pages)

    assert [2, 3] == list(found)
    assert (Kind.MY_NUMBER,) == found[2]
    assert Kind.ADDRESS in found[3]
