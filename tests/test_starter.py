"""The bundled corpus: its PDFs, the texts they are made from, its catalog and its glossary."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest
from pypdf.generic import ArrayObject, DictionaryObject, PdfObject

from index.search import glossary
from ingest.catalog import catalog
from ingest.catalog.editions import Edition, Kind
from ingest.headings import sections
from ingest.pages import BlockKind
from ingest.pdf import documents as reader
from tests.conftest import system_package

CORPUS = Path(__file__).parent.parent / "corpus"
STARTER = CORPUS / "starter"
PDFS = sorted(STARTER.glob("*.pdf"))
JAPANESE = [pdf for pdf in PDFS if pdf.stem != "english-digest"]

each_pdf = pytest.mark.parametrize("pdf", PDFS, ids=lambda pdf: pdf.stem)

CASES = re.findall(
    r"\w+",
    """
    福島県 広島県 酒田市 舟形町 真岡市 市川市 豊中市
    愛媛県 仙台市 前橋市 松戸市 平塚市 佐世保市 相模原市
    磐梯町 高知市 橿原市 西会津町 御坊市 多久市 御船町 肝付町
    栃木県 三重県 袋井市 神戸市 札幌市 香美市 瀬戸市 芦屋市 長野県 藤枝市 宇部市
    大阪府 宮城県 静岡県 田原本町 福島市 横浜市 甲府市 美郷町
    都城市 京都府 東大阪市
    滋賀県 新潟県 北見市 船橋市 港区 呉市 小山市 飛騨市
    東京都 岡山県 青森県 愛知県 留萌市 太田市 渋川市 吉岡町 榛東村 那須塩原市 日高村 熊本市
    """,
)
"""Each local government of the case collection, once."""

WORK_STEPS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰"

FACTS = {
    "zentai": """
        デジタル社会形成基本法 サービスデザイン思考 全体方針 ビジョン 工程表 DX推進担当部門
        人事ローテーション OJT OFF-JT J-LIS IPA CIO補佐官 特別職非常勤職員 地方公務員法 要綱
        入札制限 特別交付税措置 都道府県過疎地域等政策支援員 地域活性化起業人 神戸市
        標準募集様式 メールアドレス マッチング 職業紹介 共同での任用 人材紹介会社
        PDCA Observe Orient Decide Act BPR 令和7年度 令和4年度末 AI・RPA テレワーク
        自治体情報セキュリティクラウド 標準要件 先行事業 03-5253-5525
    """,
    "hyojunka": """
        標準準拠システム カスタマイズ ガバメントクラウド 令和7年度 17事務 平準化 下線
        RFI RFP PIA デジタル基盤改革支援補助金 令和2年度第3次補正予算 03-5253-5364
    """,
    "online": """
        令和4年度末 地方公共団体におけるオンライン利用促進指針 31手続 26手続 罹災証明書
        クラウド型被災者支援システム 内閣府 自動車保有関係手続 警察庁・総務省・国土交通省
        転出・転入予約 基幹系17業務 UI/UX 特定通信 申請管理システム 境界FW LGWAN-FW 連携サーバ
        住基ネットCS 利用者証明書用電子証明書 ①-3 ③-5 ★ 令和3年（2021年）夏頃
        全自治体接続基盤 ぴったりサービス申請API 特別交付税措置 03-5253-5525
    """,
    "jirei": """
        DX推進員 チーム愛媛 デジタル化ファストチャレンジ 情報化リーダー スマート人材
        連携中枢都市圏 任期付職員 出勤簿 書かない窓口 学童保育 郵便局 iPad 地域おこし協力隊
        電子回覧板 NPO法人 Society5.0 村まるごとデジタル化事業 03-5253-5525
    """,
    "kosei": """
        デジタル・ガバメント実行計画 2020年）12月25日 自治体DX推進計画 第1.0版
        地域情報化企画室 03-5253-5525 デジタル基盤推進室 03-5253-5364
    """,
    "english": """
        地方公務員法 要綱 特別職非常勤職員 入札制限 標準募集様式 都道府県過疎地域等政策支援員
        地域活性化起業人 ガバメントクラウド デジタル基盤改革支援補助金 特別交付税措置 罹災証明書
        RFI RFP PIA OODA Observe 特定通信 住基ネットCS ①-3 ③-5 ★ 03-5253-5525 03-5253-5364
    """,
}
"""What the overview says, as words that a digest of that part cannot do without."""


def pages_of(pdf: Path) -> list[str]:
    """Return the text of each page without any white space, so that no line break matters."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        texts = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    return ["".join(text.split()) for text in texts]


def entry_of(pdf: Path) -> Edition:
    """Return what the catalog says of a bundled PDF."""
    held = {edition.path: edition for edition in catalog.read(CORPUS).editions if edition.held}
    return held[f"starter/{pdf.name}"]


def run_build(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command that makes the PDFs."""
    command = [sys.executable, STARTER / "build.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_text_has_its_pdf_and_every_pdf_its_text() -> None:
    """The six digests are there, each as a text and as a PDF of the same name."""
    six = {f"{name}-digest" for name in FACTS}

    assert six == {pdf.stem for pdf in PDFS}
    assert six == {text.stem for text in STARTER.glob("*-digest.typ")}


def test_the_catalog_and_the_folder_agree() -> None:
    """Nothing listed is absent, and no file is there that the catalog does not describe."""
    read = catalog.read(CORPUS)

    assert () == read.problems
    assert () == read.notices
    assert {f"starter/{pdf.name}" for pdf in PDFS} == {e.path for e in read.editions if e.held}


@each_pdf
def test_a_digest_names_an_official_edition_of_the_catalog(pdf: Path) -> None:
    """What a digest restates stands in the catalog too, with its title, and is not held."""
    entry = entry_of(pdf)
    original = entry.document.digest_of
    assert original is not None
    listed = [
        edition
        for edition in catalog.read(CORPUS).editions
        if (original.document, original.edition) == (edition.document.id, edition.label)
    ]

    assert Kind.DIGEST is entry.document.kind
    assert "Tebiki" == entry.document.publisher
    assert [False] == [edition.held for edition in listed]
    assert (listed[0].document.title, "総務省") == (original.title, original.publisher)


def test_official_addresses_lead_to_the_ministry() -> None:
    """An address in the catalog is one of the publisher's own."""
    addresses = [edition.url for edition in catalog.read(CORPUS).editions if edition.url]

    assert 3 == len(addresses)
    assert all(url.startswith("https://www.soumu.go.jp/main_content/") for url in addresses)


@each_pdf
def test_page_one_says_that_it_is_a_digest_and_of_what(pdf: Path) -> None:
    """The first page names itself a digest, the work, its edition, date and publisher."""
    first = pages_of(pdf)[0]
    words = {
        "ja": [
            "要約（ダイジェスト）である",
            "公式の文書ではない",
            "令和3年（2021年）7月7日",
            "総務省",
        ],
        "en": ["Thisdocumentisadigest", "notanofficialdocument", "7July2021", "総務省"],
    }
    entry = entry_of(pdf)
    original = entry.document.digest_of
    assert original is not None

    assert [] == [word for word in words[entry.document.language] if word not in first]
    assert "Tebiki" in first
    # What has no title of its own in print is named after the overview it restates.
    assert "".join(original.title.split()) in first
    assert "第1.0版" in first


@each_pdf
def test_a_citation_shows_the_title_that_the_pdf_bears(pdf: Path) -> None:
    """Title and edition in the catalog are those in the file's own description."""
    entry = entry_of(pdf)
    metadata = pypdf.PdfReader(pdf).metadata
    assert metadata is not None

    assert f"{entry.document.title}（{entry.label}）" == metadata.title
    assert "".join(entry.document.title.split()) in pages_of(pdf)[0]


@each_pdf
def test_the_bookmarks_lead_to_their_headings(pdf: Path) -> None:
    """Each bookmark's title stands on the page it leads to, and the chapters are in order."""
    reader = pypdf.PdfReader(pdf)
    pages = pages_of(pdf)
    marks = list(_flat(reader.outline))
    strays = [
        mark.title
        for mark in marks
        if "".join(str(mark.title).split())
        not in pages[reader.get_destination_page_number(mark) or 0]
    ]
    chapters = [
        int(found[1])
        for mark in marks
        if (found := re.match(r"(?:第|Chapter )(\d+)", str(mark.title)))
    ]

    assert [] == strays
    assert 5 <= len(chapters)
    assert list(range(1, len(chapters) + 1)) == chapters


def _flat(outline: list[Any]) -> list[Any]:
    return [
        mark for entry in outline for mark in (_flat(entry) if isinstance(entry, list) else [entry])
    ]


@each_pdf
def test_the_printed_page_number_is_the_page_label(pdf: Path) -> None:
    """At the foot of a page stands its label; a cover has neither."""
    labels = pypdf.PdfReader(pdf).page_labels
    covers = {"zentai-digest", "jirei-digest", "english-digest"}
    first = [] if pdf.stem not in covers else [""]

    assert [*first, *map(str, range(1, len(labels) - len(first) + 1))] == labels
    assert [] == [
        label for label, text in zip(labels, pages_of(pdf), strict=True) if not text.endswith(label)
    ]
    assert 3 <= len(labels)


@each_pdf
def test_fonts_are_embedded_as_subsets(pdf: Path) -> None:
    """The PDF looks the same everywhere and carries only the characters it shows."""
    fonts = {}
    for page in pypdf.PdfReader(pdf).pages:
        resources: Any = page["/Resources"]
        for reference in resources["/Font"].values():
            font = reference.get_object()["/DescendantFonts"][0].get_object()
            fonts[str(font["/BaseFont"])] = font["/FontDescriptor"]

    assert {"Regular", "Bold"} == {
        weight for name in fonts for weight in ("Regular", "Bold") if weight in name
    }
    assert all(re.match(r"/[A-Z]{6}\+NotoSansCJKjp-", name) for name in fonts)
    assert all("/FontFile3" in descriptor for descriptor in fonts.values())


@each_pdf
def test_the_pdf_is_tagged_and_says_its_language(pdf: Path) -> None:
    """A screen reader gets the structure of the page and the right voice; tables are tables."""
    root: Any = pypdf.PdfReader(pdf).root_object
    language = entry_of(pdf).document.language

    assert bool(root["/MarkInfo"]["/Marked"])
    assert {"ja": "ja-JP", "en": "en-GB"}[language] == root["/Lang"]
    assert {"/Table", "/TH", "/H1"} <= _roles(root["/StructTreeRoot"])


def _roles(node: PdfObject | None) -> set[str]:
    """Return the roles of a structure element and of all below it."""
    found = node.get_object() if node is not None else None
    if isinstance(found, ArrayObject):
        return set(chain.from_iterable(map(_roles, found)))
    if isinstance(found, DictionaryObject):
        return {str(found.get("/S"))} | _roles(found.get("/K"))
    return set()


@each_pdf
def test_no_character_is_missing_from_the_fonts(pdf: Path) -> None:
    """Every character is one of JIS X 0213, which the fonts hold; typst does not warn."""
    strange = {
        character
        for character in "".join(pages_of(pdf))
        if not character.encode("euc_jis_2004", "ignore")
    }

    assert set() == strange


@each_pdf
def test_the_facts_of_the_overview_are_there(pdf: Path) -> None:
    """What the overview names, the digest of that part names."""
    text = "".join(pages_of(pdf))
    wanted = FACTS[pdf.stem.removesuffix("-digest")].split()

    assert [] == [word for word in wanted if word not in text]


@pytest.mark.parametrize("stem", ["jirei-digest", "english-digest"])
def test_every_case_is_named_with_its_municipality(stem: str) -> None:
    """Sixty numbered cases, and each of the municipalities of the case collection."""
    texts = pages_of(STARTER / f"{stem}.pdf")
    source = (STARTER / f"{stem}.typ").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"(?m)^  \[(\d+)\], \[", source)]

    assert [] == [name for name in CASES if name not in "".join(texts)]
    assert list(range(1, 61)) == numbers[-60:]


def test_the_index_of_prefectures_agrees_with_the_cases() -> None:
    """Each number in the index of the case digest leads to a case of that municipality."""
    source = (STARTER / "jirei-digest.typ").read_text(encoding="utf-8")
    rows = dict(re.findall(r"(?m)^  \[(\d+)\], \[(.+?)\], \[", source))
    index = re.findall(r"(?m)^  \[\w+[都道府県]\], \[(.+?（\d.*)\],", source)
    led = [
        (name, number)
        for row in index
        for name, numbers in re.findall(r"([^、（）]+)（([\d、]+)）", row)
        for number in numbers.split("、")
    ]

    assert [] == [(name, number) for name, number in led if name not in rows[number]]
    assert set(map(str, range(1, 61))) == {number for _, number in led}


@pytest.mark.parametrize("stem", ["hyojunka-digest", "english-digest"])
def test_all_seventeen_work_steps_stand_in_one_table(stem: str) -> None:
    """The steps of standardization stand in order on one page."""
    pages = pages_of(STARTER / f"{stem}.pdf")

    assert any(WORK_STEPS in "".join(re.findall(f"[{WORK_STEPS}]", page)) for page in pages)


@pytest.mark.parametrize("pdf", JAPANESE, ids=lambda pdf: pdf.stem)
def test_an_answer_to_the_first_question_stands_in_one_sentence(pdf: Path) -> None:
    """Only the digest of the overall manual holds the rule for CIO補佐官, on one page."""
    rule = "特別職非常勤職員）として任用する場合、地方公務員法の規定は適用されない。そのため、"
    holding = [number for number, text in enumerate(pages_of(pdf), start=1) if rule in text]

    assert (1 if pdf.stem == "zentai-digest" else 0) == len(holding)


@pytest.mark.needs("fonts")
def test_a_rebuild_says_what_the_committed_pdfs_say(tmp_path: Path) -> None:
    """The committed PDFs were made from the texts beside them."""
    ran = run_build("--into", tmp_path, "--fonts", _fonts())

    assert (0, "") == (ran.returncode, ran.stderr)
    assert [pages_of(pdf) for pdf in PDFS] == [pages_of(tmp_path / pdf.name) for pdf in PDFS]


@pytest.mark.needs("fonts")
def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    """Nothing of the hour or the machine enters a PDF."""
    run_build("--into", tmp_path / "one", "--fonts", _fonts())
    run_build("--into", tmp_path / "two", "--fonts", _fonts())
    one, two = (
        {pdf.name: pdf.read_bytes() for pdf in (tmp_path / name).glob("*.pdf")}
        for name in ("one", "two")
    )

    assert {pdf.name for pdf in PDFS} == set(one)
    assert one == two


def _fonts() -> Path:
    found = system_package("fonts")
    assert found is not None
    return found.parent


def test_missing_fonts_are_named_with_the_line_that_installs_them(tmp_path: Path) -> None:
    """Without the fonts nothing is written, and the message says what to run."""
    ran = run_build("--into", tmp_path / "out", "--fonts", tmp_path)

    assert 1 == ran.returncode
    assert "NotoSansCJK-Regular.ttc" in ran.stderr
    assert "sudo apt-get install fonts-noto-cjk" in ran.stderr
    assert not (tmp_path / "out").exists()


def test_the_glossary_is_large_enough_and_sound() -> None:
    """At least 300 terms, each with another name, none twice, none that hides in other words."""
    terms = glossary.read(CORPUS / "glossary.toml").terms
    names = [term.ja for term in terms]
    japanese = list(chain.from_iterable((term.ja, *term.also) for term in terms))

    assert 300 <= len(terms)
    assert sorted(set(names)) == sorted(names)
    assert [] == [term.ja for term in terms if len(set(term.names)) < len(term.names)]
    # A Japanese name is found anywhere in a question, so a single character would be everywhere.
    assert [] == [name for name in japanese if len(name) < 2]
    assert [] == [name for term in terms for name in term.en if name != name.lower()]


def test_every_entry_of_the_glossary_is_laid_out_alike() -> None:
    """A person who edits the file finds ja, also and en in this order, each on its line."""
    text = (CORPUS / "glossary.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)["term"]

    assert [] == [
        entry["ja"]
        for entry in entries
        if list(entry) != [k for k in ("ja", "also", "en") if k in entry]
    ]


@pytest.mark.parametrize(
    "question, word",
    [
        ("how do we hire a CIO aide as special part-time staff", "CIO補佐官"),
        ("how do we hire a CIO aide as special part-time staff", "特別職非常勤職員"),
        ("how do we hire a CIO aide as special part-time staff", "任用"),
        ("ガバクラっていつから", "ガバメントクラウド"),
        ("Which towns gave smartphone courses?", "スマホ講座"),
        ("deadline for the applications", "期限"),
        ("phone numbers of the offices", "電話番号"),
        ("What did Miyakonojo do?", "都城市"),
        ("who gets subsidies", "補助金"),
        ("り災証明はネットで出せますか", "罹災証明書"),
        ("会社との兼職は", "兼業"),
    ],
)
def test_everyday_and_english_words_lead_to_the_word_of_the_manuals(
    question: str, word: str
) -> None:
    """A question is widened with the manuals' own word."""
    matches = glossary.read(CORPUS / "glossary.toml").expand(question)

    assert word in {name for match in matches for name in match.others}


def test_every_place_of_the_cases_has_an_english_name() -> None:
    """A reader who only knows Kimotsuki finds 肝付町; all 47 prefectures are there too."""
    terms = {term.ja: term.en for term in glossary.read(CORPUS / "glossary.toml").terms}
    prefectures = [name for name in terms if re.fullmatch(r"\w{2,3}[都府県]|北海道", name)]
    not_places = {"都道府県", "内閣府"}

    assert [] == [name for name in CASES if not terms.get(name)]
    assert 47 == len([name for name in prefectures if terms[name] and name not in not_places])


@each_pdf
def test_no_paragraph_stops_before_its_sentence_does(pdf: Path) -> None:
    """Behind the cover a paragraph ends with a full stop, unless it is a heading or a cell."""
    text = reader.read(pdf)
    begins = {section.start for section in sections(text)}

    torn = [
        page.text[block.start : block.end]
        for page, start in zip(text.pages[1:], text.starts[1:], strict=True)
        for block in page.blocks
        if block.kind is BlockKind.TEXT
        and not block.context
        and start + block.start not in begins
        and not page.text[block.start : block.end].rstrip('」』）)”"').endswith(tuple("。.：:"))
    ]

    assert [] == torn
