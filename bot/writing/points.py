"""What a model replied, as points: each a wording and the numbers of the sentences it rests on.

A reply is JSON where the server can be held to a schema, and otherwise text in which each
sentence ends with its numbers in brackets. Either is read while it arrives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.language.spelling import normalise

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "points": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "sentences": {"type": "array", "items": {"type": "integer"}},
                    "wording": {"type": "string"},
                },
                "required": ["sentences", "wording"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["points"],
    "additionalProperties": False,
}
"""What a reply must look like on servers that hold a model to a schema."""

NO_ANSWER = "NO_ANSWER"
MARKER = re.compile(
    r"[ \t]{0,3}[\[［【][ \t]?\^?([0-9０-９]{1,4}(?:[ ,，、;・]{1,3}[0-9０-９]{1,4}){0,8})[ \t]?[\]］】]"
)
_DIGITS = re.compile(r"[0-9０-９]+")
_BULLET = re.compile(r"^[ \t]{0,8}(?:[-*+・•][ \t]*|\(?\d{1,2}[.)．）][ \t]+|#{1,6}[ \t]+|>[ \t]*)")
_ENDING = "。！？!?"
_BRACKETS = {"「": "」", "『": "』", "（": "）", "(": ")", "“": "”"}
_CLOSERS = "」』）)”\"'*_"
_LONGEST_MARKERS = 12


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that a model says, and the numbers of the sentences it says it from."""

    wording: str
    sentences: tuple[int, ...] = ()


class Points:
    """Reads points out of a reply that arrives bit by bit."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._held = ""
        self._json: bool | None = None
        self._decoder = json.JSONDecoder()

    def feed(self, text: str) -> Iterator[Point]:
        """Yield the points that are complete now."""
        self._held += text
        if self._json is None:
            begun = self._held.lstrip().removeprefix("```json").removeprefix("```").lstrip()
            if not begun or "```json".startswith(self._held.strip()):
                return
            self._json = begun[0] in "{["
        yield from self._objects() if self._json else self._sentences()

    def rest(self) -> Iterator[Point]:
        """Yield what is left when nothing more comes; half an object is nothing."""
        if self._held and not self._json:
            held, self._held = self._held, ""
            yield from _point(held)

    def _objects(self) -> Iterator[Point]:
        while True:
            start = self._opening()
            if start < 0:
                return
            try:
                found, end = self._decoder.raw_decode(self._held, start)
            except ValueError:
                return
            self._held = self._held[end:]
            yield from _from_object(found)

    def _opening(self) -> int:
        """Return where the next point's object opens: not the one around the list of points."""
        match = _OBJECT.search(self._held)
        return match.start() if match else -1

    def _end(self) -> int | None:
        end = _sentence_end(self._held[:_LONGEST_SENTENCE])
        return _LONGEST_SENTENCE if end is None and len(self._held) > _LONGEST_SENTENCE else end

    def _sentences(self) -> Iterator[Point]:
        while (end := self._end()) is not None:
            piece, self._held = self._held[:end], self._held[end:]
            yield from _point(piece)


_LONGEST_SENTENCE = 1_000
"""Characters after which a sentence is taken as it is: it will not stand."""

_OBJECT = re.compile(r'\{(?=\s*"(?:sentences|wording)")')


def read(reply: str) -> tuple[Point, ...]:
    """Return the points of a whole reply."""
    points = Points()
    return (*points.feed(reply), *points.rest())


def _from_object(found: object) -> Iterator[Point]:
    if not isinstance(found, dict):
        return
    wording, numbers = found.get("wording"), found.get("sentences")
    if isinstance(wording, str) and wording.strip():
        listed = numbers if isinstance(numbers, list) else []
        said = MARKER.sub("", wording).strip()
        yield Point(said, tuple(one for one in listed if isinstance(one, int)))


def _point(piece: str) -> Iterator[Point]:
    numbers = [
        int(normalise(digits))
        for group in MARKER.findall(piece)
        for digits in _DIGITS.findall(group)
    ]
    said = MARKER.sub("", piece).strip()
    bullet = _BULLET.match(said)
    said = said[bullet.end() :].strip() if bullet else said
    if said.startswith("```") or not any(letter.isalnum() for letter in said):
        return
    yield Point(said, tuple(dict.fromkeys(numbers)))


def _sentence_end(text: str) -> int | None:
    """Return where the first sentence of *text* ends for certain, or None."""
    waiting: list[str] = []
    for at, character in enumerate(text):
        if character == "\n":
            return at + 1
        if character in _BRACKETS:
            waiting.append(_BRACKETS[character])
        elif waiting and character == waiting[-1]:
            waiting.pop()
        elif not waiting and (character in _ENDING or character == "."):
            end = _behind(text, at + 1)
            if end is None:
                return None
            listed = text[:at].strip().isdigit()
            if character == "." and (
                listed or not (text[end - 1] in "]］】" or text[end] in " \n")
            ):
                continue
            return end
    return None


def _behind(text: str, at: int) -> int | None:
    """Return the offset behind closing marks and markers from *at*, None when more may come."""
    while at < len(text):
        if text[at] in _CLOSERS + _ENDING:
            at += 1
            continue
        marker = MARKER.match(text, at)
        if marker:
            at = marker.end()
            continue
        rest = text[at:].lstrip(" ")
        if not rest or (
            rest[0] in "[［【"
            and not re.search(r"[\]］】\n]", rest)
            and len(rest) < _LONGEST_MARKERS
        ):
            return None
        return at
    return None
