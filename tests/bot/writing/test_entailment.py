"""A cross-encoder may refuse what the check let pass, and nothing else."""

from __future__ import annotations

from datetime import date

from bot.writing.checking import Checker
from bot.writing.entailment import Entailment, veto
from bot.writing.lines import lines_of
from bot.writing.points import Point
from index.errors import ModelMissing
from index.passages import Filters
from tests.fakes import FakeLibrary, edition, edition_text

SAID = "窓口は平日の9時に開く。"
TEXT = edition_text(f"# 窓口\n{SAID}")


class Scripted:
    """Says one probability, and remembers what it was asked."""

    def __init__(self, probability: float) -> None:
        """Take what to say."""
        self._probability = probability
        self.asked: list[tuple[str, str]] = []

    def probability(self, source: str, said: str) -> float:
        """Return the probability that was given."""
        self.asked.append((source, said))
        return self._probability


def kept(entailment: Entailment, wording: str) -> int:
    """Return how many wordings are shown of one point."""
    library = FakeLibrary({edition(): TEXT})
    lines = lines_of(library.retrieve(SAID, k=5, filters=Filters()), library)
    checker = Checker(
        lines, library, language="ja", on=date(2026, 4, 1),
        vetoed=lambda source, said: veto(entailment, source, said),
    )  # fmt: skip
    checker.check(Point(wording, (1,)))
    return checker.kept


def test_it_may_refuse() -> None:
    """A wording that the check lets pass falls back to its quotation."""
    scripted = Scripted(0.1)

    assert 0 == kept(scripted, "窓口は平日の9時に開きます。")
    assert [(SAID, "窓口は平日の9時に開きます。")] == scripted.asked
    assert 1 == kept(Scripted(0.9), "窓口は平日の9時に開きます。")


class Missing:
    """A model that cannot be opened."""

    def probability(self, source: str, said: str) -> float:
        """Say that it is nowhere."""
        raise ModelMissing("m", f"nobody can compare {len(source)} and {len(said)} characters")


def test_without_its_model_it_refuses() -> None:
    """A setting that names no model costs wordings, never an answer."""
    assert 0 == kept(Missing(), "窓口は平日の9時に開きます。")


def test_it_cannot_let_anything_pass() -> None:
    """What fails the check is never put to it."""
    scripted = Scripted(1.0)

    assert 0 == kept(scripted, "窓口は平日の8時に開きます。")
    assert [] == scripted.asked
