"""Questions offered to somebody who does not know the corpus."""

from __future__ import annotations

import pytest

from api.suggestions import suggested
from tests.fakes import FakeLibrary, edition, edition_text


def test_each_document_gives_its_most_telling_heading_first() -> None:
    """Two documents alternate; headings without content words come late or not at all."""
    library = FakeLibrary(
        {
            edition("one"): edition_text(
                "# 目次\nあ\n# 基本的な考え方\nい\n# 年次有給休暇の繰越し\nう"
            ),
            edition("two"): edition_text("# 第２章　３．窓口業務の委託契約\nえ"),
        }
    )

    assert (
        "「年次有給休暇の繰越し」には何が書かれていますか",
        "「窓口業務の委託契約」には何が書かれていますか",
        "「基本的な考え方」には何が書かれていますか",
    ) == suggested(library, "ja")


def test_documents_of_the_asker_s_language_are_preferred() -> None:
    """An English reader is offered English headings, Japanese ones only where there are none."""
    japanese = edition("ja")
    english = edition("en", language="en")
    texts = {
        japanese: edition_text("# 年次有給休暇\nあ"),
        english: edition_text("# 2 Carry-over of leave\na"),
    }

    assert ("What do the manuals say about “Carry-over of leave”?",) == suggested(
        FakeLibrary(texts), "en"
    )
    assert ("What do the manuals say about “年次有給休暇”?",) == suggested(
        FakeLibrary({japanese: texts[japanese]}), "en"
    )


@pytest.mark.parametrize("heading", ["目次", "その他の事項について", "x" * 60, "短い"])
def test_heading_that_says_nothing_makes_no_question(heading: str) -> None:
    """Tables of contents, leftovers, overlong and very short headings are passed over."""
    library = FakeLibrary({edition(): edition_text(f"# {heading}\nあ")})

    assert () == suggested(library, "ja")


def test_heading_that_is_a_question_stays_one() -> None:
    """とは becomes とは何ですか."""
    library = FakeLibrary({edition(): edition_text("# ガバメントクラウドとは\nあ")})

    assert ("ガバメントクラウドとは何ですか",) == suggested(library, "ja")
