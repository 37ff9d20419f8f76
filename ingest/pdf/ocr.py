"""What is asked of whoever reads pictures: words with their places. Each picture is read once."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ingest.atomic_files import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PIL.Image import Image

DPI = 200


@dataclass(frozen=True, slots=True)
class Word:
    """A word as an engine saw it, in pixels from the upper left corner of the picture.

    *line* numbers the line it stands on; *top* and *bottom* are that line's, so that the words
    of a line are equally high (for vertical text *left* and *right* are). *confidence* is from
    0 to 100. *places* says of each character where it begins and ends along the line; without
    them the characters share the word's width evenly.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    line: int
    confidence: float
    vertical: bool = False
    places: tuple[tuple[float, float], ...] = ()


class Engine(Protocol):
    """Reads pictures of text. What it is called, and what of it shapes a reading, are its own."""

    @property
    def name(self) -> str:
        """What a page that it read says of it: letters, no blanks."""

    @property
    def reads_with(self) -> str:
        """What else would make the same picture read otherwise: version, languages.

        It is part of what a reading is kept under. Empty where Japanese cannot be read.
        """

    @property
    def lacking(self) -> str:
        """What of Japanese it cannot read here, in a sentence; empty where nothing lacks."""

    @property
    def well_read(self) -> float:
        """The mean confidence from which a page does not stand on its head."""

    def words(self, picture: Image, *, sparse: bool = False) -> tuple[Word, ...]:
        """Return the words of a picture of `DPI` dots an inch, line by line.

        Horizontal or vertical Japanese, and only lines that the engine is sure enough of and that
        say something. *sparse* tells that words are scattered (a chart), and no page of text.

        Raises:
            OcrFailed: the engine is not installed, took too long or broke down.
        """

    def turn(self, picture: Image) -> int:
        """By how many degrees clockwise a picture is turned so that its text stands upright.

        0, 90, 180 or 270; 0 too where the engine is unsure, or cannot tell.
        """


@dataclass(frozen=True, slots=True)
class Ocr:
    """Reads pictures with an engine. What was read is kept in the *kept* folder by their hash."""

    engine: Engine
    kept: Path | None = None

    def words(self, picture: Image, *, sparse: bool = False) -> tuple[Word, ...]:
        """As `Engine.words`; a picture that was read before is not read again."""
        found = self._once(
            picture,
            "sparse" if sparse else "page",
            lambda: [asdict(one) for one in self.engine.words(picture, sparse=sparse)],
        )
        return tuple(_word(one) for one in found)

    def turn(self, picture: Image) -> int:
        """As `Engine.turn`."""
        return int(self._once(picture, "turn", lambda: self.engine.turn(picture)))

    def _once(self, picture: Image, what: str, asked: Callable[[], Any]) -> Any:  # noqa: ANN401 - JSON
        """What the engine says of a picture, or said when it was asked before."""
        if self.kept is None:
            return asked()
        digest = sha256(f"{picture.mode}{picture.size}".encode() + picture.tobytes()).hexdigest()
        how = f"{self.engine.name}-{self.engine.reads_with}-{what}"
        place = self.kept / f"{digest[:32]}-{how}.json"
        with suppress(OSError, ValueError):
            return json.loads(place.read_text(encoding="utf-8"))
        found = asked()
        self.kept.mkdir(parents=True, exist_ok=True)
        with replacing(place) as draft:
            draft.write_text(json.dumps(found), encoding="utf-8")
        return found


def _word(kept: Mapping[str, Any]) -> Word:
    return Word(**{**kept, "places": tuple((begin, end) for begin, end in kept["places"])})


def certainty(words: tuple[Word, ...]) -> float:
    """The mean confidence over all characters, 0 where there are none."""
    weight = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / weight if weight else 0.0
