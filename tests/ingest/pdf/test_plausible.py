"""Which text is what people write, and which is what a broken font map gives."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.pdf.plausible import BAR, score


def of(text: str, unprintable: int = 0) -> float:
    """The score of a text."""
    codes = np.array([ord(character) for character in text if not character.isspace()], np.uint32)
    return score(codes, unprintable)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("会計年度任用職員の任用に当たっては、要綱で服務を定める。", id="Japanese"),
        pytest.param("Special part-time staff are employed by ordinance.", id="English"),
        pytest.param("（１）①→■ 第Ⅲ章 ２０２５年 100％ …… ※", id="signs of a slide"),
        pytest.param("API XML HTTP SSL DX LGWAN-ASP", id="abbreviations"),
        pytest.param("⾃治体の⽉次報告", id="compatibility ideographs"),
        pytest.param("⾃治体職員の⽉次報告書を提出する。" * 5, id="many compatibility ideographs"),
        pytest.param("徳島県鳴門市撫養町、長崎県佐世保市八幡町、" * 4, id="a list of places"),
        pytest.param("佐藤健一、鈴木花子、高橋美咲、田中太郎、" * 4, id="a list of people"),
        pytest.param("전입신고는 이사한 날부터 14일 이내에 하십시오. (03-1234-5678)", id="Korean"),
        pytest.param("กรุณาแจ้งย้ายเข้าภายใน 14 วันนับจากวันที่ย้าย", id="Thai"),
        pytest.param("Vui lòng nộp giấy tờ chuyển đến trong vòng 14 ngày.", id="Vietnamese"),
        pytest.param("Пожалуйста, подайте заявление о переезде.", id="Russian"),
        pytest.param("आफ्नो ठेगाना परिवर्तनको सूचना दिनुहोस्।", id="Nepali"),
        pytest.param(
            "搬家后请在十四天以内到市政府窗口办理迁入手续，请带上您的在留卡和护照。"
            "如果您不会说日语，可以和懂日语的朋友一起来。加入国民健康保险的人也要在这里办理。",
            id="Chinese, simplified",
        ),
        pytest.param(
            "搬家後請在十四天以內到市政府窗口辦理遷入手續，請帶上您的在留卡和護照。"
            "如果您不會說日語，可以和懂日語的朋友一起來。加入國民健康保險的人也要在這裡辦理。",
            id="Chinese, traditional",
        ),
        pytest.param("令和七年度歳入歳出決算書 款項目節 千円 " * 5, id="heads of a budget"),
    ],
)
def test_what_people_write_is_above_the_bar(text: str) -> None:
    """Ordinary text of any kind counts as read."""
    assert of(text) > 0.9


@pytest.mark.parametrize(
    "text, unprintable",
    [
        pytest.param("", 500, id="nothing but controls"),
        pytest.param("\ue123\ue456\ue789\uf8ff\ue001", 0, id="private use"),
        pytest.param("\ufffd\ufffd\ufffd手引", 0, id="replacement characters"),
        pytest.param("鑰龘齾靐龗爨麤厵灥驫", 0, id="kanji nobody uses"),
        pytest.param("กЖאع가ขЩבغ나คЮגه다ฆЪדو라", 0, id="a little of many scripts"),
        pytest.param(
            "전입신고를 하십시오\ue001", 0, id="Korean with a glyph that stands for nothing"
        ),
        pytest.param("전입신고를 하십시오", 3, id="Korean with unmapped glyphs"),
        pytest.param("鑰龘齾靐龗爨麤厵灥驫" * 8, 0, id="many kanji nobody uses"),
        pytest.param("xkcdq bvnmz wrtpl", 0, id="Latin letters without a vowel"),
        pytest.param(
            "査程表員、議項届計が務算簿を係達審。" * 5, 0, id="common kanji without a word"
        ),
    ],
)
def test_what_a_broken_font_gives_is_below(text: str, unprintable: int) -> None:
    """Each kind of garbage is asked of another engine."""
    assert of(text, unprintable) < BAR


SPEECH = (
    "会計年度任用職員の勤務条件、休暇制度及び期末手当の支給基準は、任命権者が条例施行規則で"
    "定める。所属長は勤務時間管理簿を毎月確認し、総務課人事担当に報告書を提出する。"
)


@pytest.mark.parametrize("taken_for", ["latin-1", "cp1252", "mac-roman"])
@pytest.mark.parametrize("code", ["cp932", "euc-jp", "utf-8"])
def test_japanese_taken_for_accented_letters_is_below(code: str, taken_for: str) -> None:
    """A wrong character map that gives accented Latin gives no text, also beside some that is good."""
    wrong = (SPEECH * 3).encode(code).decode(taken_for, "ignore")

    assert of(wrong) < BAR
    assert of(SPEECH + wrong) < BAR


@pytest.mark.parametrize("shift", [1, 3, 5, 25])
def test_letters_that_were_shifted_are_below(shift: int) -> None:
    """English whose letters all stand for others has vowels, and no pair that any language writes."""
    said = (
        "residents may hand in the form at any counter of the city before the end of the month " * 4
    )
    letters = "abcdefghijklmnopqrstuvwxyz"

    assert of(said) > 0.9
    assert of(said.translate(str.maketrans(letters, letters[shift:] + letters[:shift]))) < BAR


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Le maire peut déléguer par arrêté une partie de ses fonctions à ses adjoints. Dès"
                     " que l'élève a été reçu, ça suffit.", id="French"),
        pytest.param("Anträge können während der Öffnungszeiten bei der Gemeinde gestellt werden. Die"
                     " Gebühr beträgt fünf Euro für Schüler und Größere.", id="German"),
        pytest.param("A inscrição é gratuita e obrigatória; as informações serão prestadas à população"
                     " até às dezoito horas.", id="Portuguese"),
        pytest.param("Người dân có thể nộp đơn tại quầy tiếp nhận của thành phố. Vui lòng mang theo thẻ"
                     " cư trú và giấy tờ tùy thân.", id="Vietnamese"),
        pytest.param("Příliš žluťoučký kůň úpěl ďábelské ódy. Žádost musí být podána do třiceti dnů.",
                     id="Czech"),
    ],
)  # fmt: skip
def test_languages_with_marks_are_above_the_bar(text: str) -> None:
    """Leaflets for residents from abroad are part of the manuals."""
    assert of(text * 3) > 0.9


@pytest.mark.parametrize("seed", range(5))
def test_exchanged_kanji_are_told_by_the_dictionary(seed: int) -> None:
    """A font map that gives other common kanji for each one is below; every character is usual."""
    kanji = sorted({character for character in SPEECH if "一" <= character <= "龥"})
    others = np.random.default_rng(seed).permutation(kanji).tolist()
    garbled = SPEECH.translate(str.maketrans(dict(zip(kanji, others, strict=True))))

    assert 1.0 == of(SPEECH)
    assert of(garbled) < BAR


def test_few_kanji_are_not_judged_by_words() -> None:
    """A cover or a form with some words that no dictionary holds stays above the bar."""
    assert 1.0 == of("査程表員 議項届計 務算簿係")


def test_the_whole_page_is_sampled() -> None:
    """A long page whose first lines alone make words is not taken for read."""
    assert of(SPEECH * 2 + "査程表員、議項届計が務算簿を係達審。" * 60) < BAR


def test_unmapped_glyphs_lower_the_score() -> None:
    """Half a page of glyphs without a character is half a page unread."""
    assert 0.5 == pytest.approx(of("手引の本文", unprintable=5))
