"""Quotations on the screen: every character is shown and none of them acts."""

from __future__ import annotations

import re

import pytest

from bot.answers import cite, heading_of
from bot.telling.quotations import binding, body, escaped, notices, quoted, source
from ingest.catalog.editions import Kind, Original
from tests.fakes import edition, edition_text

MARKUP = [
    "![見る](https://evil.example/?q=1)",
    "[こちら](https://evil.example)",
    "<img src=x onerror=alert(1)>",
    "答えは[2]による",
    "**強調** と `code` と ~~消し~~",
    "| 表 | の | 行 |",
    "&lt;script&gt;",
    "_下線_ と snake_case",
]


def unescaped(text: str) -> str:
    """Return what a Markdown reader shows for backslash escapes."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


@pytest.mark.parametrize("text", MARKUP)
def test_markup_in_a_quotation_is_shown_and_does_nothing(text: str) -> None:
    """Pictures, links, tags and markers in a document come out as the characters they are."""
    shown = escaped(text)

    assert text == unescaped(shown)
    assert not re.search(r"(?<!\\)[\[\]<>`*|~&]", shown)


def test_word_with_an_underscore_keeps_it_bare() -> None:
    """An underscore inside a word is no markup, and file names stay readable."""
    assert "r04_04_03" == escaped("r04_04_03")


def test_source_names_document_edition_page_and_section() -> None:
    """The printed page number is what a reader looks up; the edition tells which issue."""
    text = edition_text("# 任用\n本文。", labels=["3"])
    citation = cite(1, edition(title="手順書"), text, 3, 6, section=("第1章", "任用"))

    assert "**手順書**（1.0）p.3「任用」" == source(citation, "ja")
    assert "**手順書** (1.0), p. 3, “任用”" == source(citation, "en")


def test_digest_case_and_old_edition_are_marked_as_such() -> None:
    """What authority a sentence has stands beside it, and once more as a notice."""
    text = edition_text("本文。")
    digest = edition(
        title="要約書", kind=Kind.DIGEST, digest_of=Original("law", "1", "元の手順書", "総務省")
    )
    case = edition("case", title="事例集", kind=Kind.CASE)
    citations = [
        cite(1, digest, text, 0, 3),
        cite(2, case, text, 0, 3, in_force=False),
    ]

    assert "要約" in source(citations[0], "ja")
    assert "事例、旧版" in source(citations[1], "ja", cases={"case"})
    said = "\n".join(notices(citations, "ja", {"case"}))
    assert "『元の手順書』の要約" in said
    assert "他団体の事例" in said
    assert "効力のある版ではありません" in said


def test_quotations_of_one_source_share_its_heading() -> None:
    """Two citations of one page and section stand under one line that names it."""
    text = edition_text("一つ目の文。二つ目の文。")
    held = edition(title="手順書")
    one, two = cite(1, held, text, 0, 6), cite(2, held, text, 6, 12)

    shown = body([one, two], {1: [(0, 6)], 2: [(6, 12)]}, "ja")

    assert "**手順書**（1.0）p.1\n\n- 「一つ目の文。」[1]\n- 「二つ目の文。」[2]" == shown


@pytest.mark.parametrize(
    "said, expected",
    [
        ("規程で定める必要がある。", ("duty",)),
        ("定めなければならない。", ("duty",)),
        ("公表することが望ましい。", ("advice",)),
        ("併用することもできる。", ("free",)),
        ("届け出る必要はない。", ("free",)),
        ("利用が推奨される。ほかの方法でもよい。", ("advice", "free")),
        ("They must be reviewed.", ("duty",)),
        ("A form is not required.", ("free",)),
        ("Residents do not have to come.", ("free",)),
        ("A connection is to be considered.", ("advice",)),
        ("業務を効率化できた。", ()),
    ],
)
def test_how_a_statement_binds_is_read_off_its_own_words(
    said: str, expected: tuple[str, ...]
) -> None:
    """Duty, advice and choice are told apart; what says none of them is not marked."""
    assert expected == binding(said)


@pytest.mark.parametrize(
    "said, language, expected",
    [
        ("規程を定める必要がある。", "ja", "〔義務・必要〕"),
        ("規程を定める必要がある。\n公表しなければならない。", "ja", "〔義務・必要〕"),
        (
            "服務の規定は適用されない。そのため、要綱で定める必要がある。",
            "ja",
            "〔2文目は義務・必要〕",
        ),
        (
            "要綱（案でもよい。）を定める。公表する必要がある。届け出なければならない。早い届出が望ましい。",
            "ja",
            "〔1文目は任意・可能、2・3文目は義務・必要、4文目は推奨〕",
        ),
        ("利用が推奨されるが、届け出る必要がある。", "ja", "〔義務・必要・推奨〕"),
        ("第1版。\n※", "ja", ""),
        (
            "Rules apply. They must be set. They should be published.",
            "en",
            " (sentence 2: required; sentence 3: recommended)",
        ),
        (
            "Rules apply. They must be set. They must be published.",
            "en",
            " (sentences 2, 3: required)",
        ),
        ("They must be set. They must be published.", "en", " (required)"),
    ],
)
def test_a_tag_names_the_sentences_that_bind(said: str, language: str, expected: str) -> None:
    """A duty told in one sentence of a paragraph is not put on the others."""
    text = edition_text(said)
    end = len(said)

    line = quoted(cite(1, edition(), text, 0, end), [(0, end)], language)

    assert line.endswith(f"[1]{expected}")
    assert expected.count("〔") == line.count("〔")


def test_a_case_binds_nobody() -> None:
    """What one town had to do is no duty of others."""
    text = edition_text("規程を定める必要がある。")
    citation = cite(1, edition(), text, 0, 12)

    assert "- 「規程を定める必要がある。」[1]〔義務・必要〕" == quoted(citation, [(0, 12)], "ja")
    assert "- 「規程を定める必要がある。」[1]" == quoted(citation, [(0, 12)], "ja", case=True)


@pytest.mark.parametrize(
    "path, name",
    [
        pytest.param(("飲食料品", "◆見通し"), "飲食料品 › ◆見通し", id="the same leaf elsewhere"),
        pytest.param(("衣料", "秋", "◆見通し"), "衣料 › 秋 › ◆見通し", id="and the same above it"),
        pytest.param(("家電", "秋", "◆見通し"), "家電 › 秋 › ◆見通し", id="wherever it stands"),
        pytest.param(("衣料", "◆動向"), "◆動向", id="one of its name"),
        pytest.param((), "", id="no heading"),
    ],
)
def test_a_section_is_named_by_as_much_of_its_path_as_it_takes(
    path: tuple[str, ...], name: str
) -> None:
    """A heading that stands alone names its section; others need those above them."""
    every = (
        (), ("飲食料品", "◆見通し"), ("衣料", "秋", "◆見通し"), ("家電", "秋", "◆見通し"), ("衣料", "◆動向"),
    )  # fmt: skip

    assert name == heading_of(path, every)
