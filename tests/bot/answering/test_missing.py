"""Whether what was found speaks of what is asked about."""

from __future__ import annotations

from bot.answering.candidates import runs
from bot.answering.lines import Reader
from bot.answering.missing import speaks_of
from bot.answering.signals import asked
from bot.asking.reading import read
from index.passages import Filters
from index.search.glossary import Glossary, Term
from tests.fakes import FakeLibrary, edition, edition_text

LEAVE = edition("leave", title="休暇の手引き")
TEXT = edition_text("年次休暇の申請は、三日前までに行う。")


def spoken_of(question: str, *terms: Term) -> bool:
    """Whether the only sentence there is speaks of a question's subjects."""
    library = FakeLibrary({LEAVE: TEXT}, glossary=Glossary(terms))
    passages = library.retrieve("年次休暇の申請", k=1, filters=Filters())
    reader = Reader()
    first = runs(passages, library, reader).found[0]
    return speaks_of(asked(read(question), library), first, reader)


def test_a_japanese_text_is_not_asked_for_english_words() -> None:
    """Nothing of the question has a Japanese name, so its words tell nothing of the text."""
    assert spoken_of("How early must annual leave be requested from the supervisor?")


def test_an_english_word_is_asked_for_by_its_japanese_name() -> None:
    """The glossary knows overtime as 時間外勤務, and the sentence is about leave."""
    overtime = Term("時間外勤務", en=("overtime",))

    assert not spoken_of("How early must overtime be requested?", overtime)


def test_what_the_glossary_names_in_japanese_is_spoken_of() -> None:
    """Annual leave is 年次休暇, which stands there; overtime has no Japanese name here."""
    leave = Term("年次休暇", en=("annual leave",))

    assert spoken_of("How early must annual leave after overtime be requested?", leave)


def test_words_of_the_same_language_are_compared() -> None:
    """A Japanese question about something else is not spoken of."""
    assert not spoken_of("火星の基地の賃料はいくら")
