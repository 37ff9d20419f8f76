"""A message: what is asked in it, checked, cleaned, without greeting and signature, made whole."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.answers import Question, SmallTalk, Turn
from bot.asking.conversation import (
    condense,
    day_carried,
    day_in,
    may_stand_alone,
    points_back,
    timeless,
)
from bot.asking.wants import asks
from bot.errors import BadQuestion
from index.passages import Filters
from ingest.language.spelling import is_japanese, normalise
from ingest.language.tables import table
from ingest.language.words import tokens, units

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 2_000
"""Characters of a question; longer texts are pasted documents, not questions."""

_LAYOUT = frozenset("\n\r\t")


def read(
    text: str,
    *,
    filters: Filters | None = None,
    history: Sequence[Turn] = (),
    conversation: str = "",
) -> Question:
    """Take a question as somebody typed it.

    Characters that nobody sees (zero-width, direction marks, tags) are removed, runs of white
    space become one space. Greeting, name, thanks, signature and markup are no part of what is
    asked. A follow-up is made whole from *history*, oldest turn first. A day
    that it or what it follows names ("令和4年3月時点で") is among its words and in the filters,
    unless they name a day already.

    Raises:
        BadQuestion: no words, more than `LONGEST` characters, or control characters.
    """
    if (length := length_of(text)) > LONGEST:
        message = (
            f"The question has {length:,} characters; at most {LONGEST:,} can be read. "
            f"Ask for the one thing you need to know."
        )
        raise BadQuestion(message)
    visible = _visible(text)
    cleaned = " ".join(visible.split())
    if not any(character.isalnum() for character in cleaned):
        message = "The question is empty. Type what you would like to know."
        raise BadQuestion(message)
    said = questions_in(visible)
    core = " ".join(said.core.split())
    chosen = filters or Filters()
    before = [Turn(questions_in(turn.question).core, turn.answer) for turn in history]
    named = day_carried(core, before) if chosen.as_of is None else None
    earlier = [Turn(timeless(turn.question), turn.answer) for turn in before]
    asked = timeless(core)
    whole = condense(asked, earlier) or core
    standalone = core if whole == asked else whole
    if named and day_in(standalone) is None:
        standalone = f"{named.words}{'、' if language_of(core) == 'ja' else ', '}{standalone}"
    return Question(
        text=cleaned,
        core=core,
        standalone=standalone,
        alone=asked if whole != asked and may_stand_alone(asked) else "",
        language=language_of(core),
        filters=replace(chosen, as_of=named.day) if named else chosen,
        history=tuple(before),
        conversation=conversation,
        day_said=named.words if named else "",
        small_talk=said.small_talk,
    )


def length_of(text: str) -> int:
    """Return how many characters a text has, counted as they are compared: ﷺ stands for eighteen."""
    return max(len(text), len(unicodedata.normalize("NFKC", text[: LONGEST + 1])))


def _visible(text: str) -> str:
    """Return *text* without invisible characters, its lines kept."""
    seen: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if character in _LAYOUT:
            seen.append("\n" if character in "\n\r" else " ")
        elif category in {"Cc", "Cs"} or character == "\ufffd":
            message = (
                "The question contains characters that are not text, as if a file had been "
                "sent. Type the question as plain text."
            )
            raise BadQuestion(message)
        elif category not in {"Cf", "Co", "Cn"}:
            seen.append(character)
    return "".join(seen)


def language_of(text: str) -> str:
    """Return "ja" or "en", the language the answer should speak."""
    return "ja" if is_japanese(text) else "en"


_LISTS = table("bot/asking/courtesies")
_JAPANESE, _ENGLISH = _LISTS["japanese"], _LISTS["english"]
_ALWAYS = frozenset(_JAPANESE["always"])
_TOLD = _ALWAYS | frozenset(_JAPANESE["told"])
_THANKS = frozenset(_JAPANESE["thanks"])
_OFFICES = tuple(_JAPANESE["offices"])
_FIRMS = frozenset(_JAPANESE["firms"])
_NAMED = frozenset(_JAPANESE["named"])
_HONORIFICS = tuple(sorted(_JAPANESE["honorifics"], key=len, reverse=True))
_ENGLISH_ALWAYS = frozenset(_ENGLISH["always"])
_ENGLISH_THANKS = frozenset(_ENGLISH["thanks"])
_INTRODUCTIONS = tuple(_ENGLISH["introductions"])
_ENGLISH_OFFICES = frozenset(_ENGLISH["offices"])
_QUOTED = _LISTS["quoted"]
_SIGNATURE = _LISTS["signature"]
_REQUESTS = frozenset(table("bot/asking/words")["requests"])

_GRAMMAR = frozenset({"助詞", "助動詞", "補助記号", "空白", "記号", "感動詞"})
_COPULA = frozenset({"です", "だ", "ます", "おる", "有る", "御座る", "より"})
_OF_A_NAME = frozenset({"名詞", "接尾辞", "接頭辞", "形状詞"})
_ENDS = "。！？"
_STOPS = "。.!！ "
_GLOSSES = tuple(_JAPANESE["glosses"])
_TALK = frozenset(_JAPANESE["talk"])
_FEW = 2
_OR = ("それとも", "または", "あるいは", "or ")
_LONGEST_INTRODUCTION = 30
_LINK = re.compile(r"<(?:(?:https?|mailto|tel):[^<>|\s]*|#[A-Z0-9]+)(?:\|([^<>]*))?>")
_MENTION = re.compile(r"<[@!][^<>]*>|(?<![\w.])@[\w.-]+")
_EMOJI_CODE = re.compile(r"(?<![\w:]):(?:[a-z][a-z0-9_+'-]*|[+-]1):(?:skin-tone-\d:)?(?![\w:])")
_EMPHASIS = re.compile(r"(?<![\w*_~])([*_~]{1,2})(?=\S)(.+?)(?<=\S)\1(?![\w*_~])")
_PICTURES, _BEYOND = 0x1F000, 0x20000
"""Where the code points of pictures begin and end."""

_VARIANT = "\ufe0f"
_END = re.compile(
    r"(?<=[。！？!?])(?![。！？!?」』）)])|(?<=\s)(?=[①-⑳])|(?<=[a-z)”\"]\.)\s+(?=[A-Z])"
)
_CLAUSE = re.compile(r"(?<=[、，,】])|(?<=さん)\s|(?=[（(][^（()）]{1,6}[）)]\W*$)|(?<=[a-z]:)\s")
_ADDRESS = re.compile(r"https?://[^\s<>「」（）、。]+")
_ASKED = re.compile(r"[?？]\W*$|か[。\s]*$")
_NUMBERED = re.compile(r"^\s*(?:[(（]?\d{1,2}[)）.．、:]|[①-⑳]|[・•●◆■]|[*-]\s)\s*(?!\d)")


@dataclass(frozen=True, slots=True)
class Message:
    """What a message asks: *core* in the asker's words, its questions in *parts*, in order.

    Without a question *small_talk* says what the message is, and *core* is it without markup.
    """

    core: str
    parts: tuple[str, ...]
    small_talk: SmallTalk | None = None


@lru_cache(maxsize=256)
def questions_in(text: str) -> Message:
    """Return the questions of a message, made of at least one sentence that is more than manners."""
    bare = unmarked(text)
    said = [piece for line in _own(bare.splitlines()) for piece in _sentences(line)]
    kept = [one for one in map(_meant, said) if one]
    if not kept:
        whole = _joined(said) or bare.strip()
        return Message(whole, (whole,), _small_talk(said) if _talks(said) else None)
    parts = _parts(kept)
    core = parts[0] if len(parts) == 1 else _joined(kept)
    return Message(core, tuple(parts))


def _joined(said: Sequence[str]) -> str:
    """Return sentences as one text: a space only where the one before does not end in Japanese."""
    whole = ""
    for one in said:
        whole += one if not whole or whole[-1] in _ENDS else f" {one}"
    return whole


def unmarked(text: str) -> str:
    """Return *text* without the markup of a chat: mentions, links, emphasis, emoji and their codes."""
    plain = _LINK.sub(lambda found: found[1] or "", text)
    plain = _ADDRESS.sub(" ", _MENTION.sub(" ", plain))
    # A picture ends a sentence as a full stop does.
    plain = _EMOJI_CODE.sub("\n", html.unescape(plain).replace("`", ""))
    plain = _EMPHASIS.sub(r"\2", plain)
    plain = "".join("\n" if _is_emoji(one) else one for one in plain)
    return "\n".join(" ".join(line.split()) for line in plain.splitlines()).strip()


def _is_emoji(character: str) -> bool:
    return (
        _PICTURES <= ord(character) < _BEYOND
        or character == _VARIANT
        or character in _LISTS["emoji"]["pictures"]
    )


def _own(lines: Sequence[str]) -> list[str]:
    """Return the lines that the asker wrote: no earlier mail, no head of a mail, no signature."""
    own: list[str] = []
    for line in lines:
        low = normalise(line)
        if low.startswith(tuple(_QUOTED["heads"])) or low.endswith(tuple(_QUOTED["ends"])):
            if any(_carries(one) for one in own):
                break
            continue
        if line.startswith((">", "＞")) or low.startswith(tuple(_QUOTED["fields"])):
            continue
        if (_is_rule(line) or _closes(low)) and any(_carries(one) for one in own):
            break
        own.append(line)
    while own and _is_signature(own[-1]) and any(_carries(one) for one in own[:-1]):
        own.pop()
    # Who wrote nothing but a quotation asks what it says.
    return own if any(_carries(one) for one in own) else [one.lstrip(">＞ ") for one in lines]


def _is_rule(line: str) -> bool:
    bare = line.replace(" ", "")
    return len(bare) > 1 and all(one in _SIGNATURE["rules"] for one in bare)


def _closes(low: str) -> bool:
    """Whether a line closes an English mail."""
    return _is_courtesy(low) and any(word in low for word in _ENGLISH["closings"])


def _is_signature(line: str) -> bool:
    """Whether a last line of a message is of a signature: an address, an office, a name."""
    low = normalise(line)
    if _asks(line):
        return False
    if not low or any(mark in low for mark in _SIGNATURE["marks"]):
        return True
    if len(low) > _LONGEST_INTRODUCTION or not is_japanese(low):
        return False
    every = units(low)
    only = all(
        unit.part in _OF_A_NAME | {"補助記号", "空白", "記号"} or unit.surface == "の"
        for unit in every
    )
    name = any(unit.use == "人名" or unit.surface in _FIRMS for unit in every)
    return only and (name or any(word.endswith(_OFFICES) for word in low.split()))


def _carries(line: str) -> bool:
    return bool(line) and not _is_courtesy(line) and not _introduces(line)


def _sentences(line: str) -> list[str]:
    pieces = (_NUMBERED.sub("", piece).strip() for piece in _END.split(line))
    return [piece for piece in pieces if _says(piece)]


def _says(piece: str) -> bool:
    """Whether a piece of a line has words: a face made of signs, m(_ _)m, has none."""
    letters = sum(one.isalnum() for one in piece)
    signs = sum(not one.isalnum() and not one.isspace() for one in piece)
    return letters > 0 and not (letters <= _FEW and signs > _FEW)


def _meant(sentence: str) -> str:
    """Return a sentence without the manners before and behind it, "" when it is nothing else."""
    if _is_courtesy(sentence) or _introduces(sentence):
        return ""
    clauses = _CLAUSE.split(sentence)
    while len(clauses) > 1 and (
        _addresses(clauses[0]) or _is_courtesy(clauses[0]) or _introduces(clauses[0])
    ):
        del clauses[0]
    while len(clauses) > 1 and _is_courtesy(clauses[-1]):
        del clauses[-1]
    return "".join(clauses).strip(" 、，,")


def _addresses(clause: str) -> bool:
    """Whether a clause only calls somebody: 鈴木さん、 or さん、 where a mention was taken off."""
    name = clause.strip(" 、，,")
    return name.endswith(_HONORIFICS) and all(
        unit.part in {"名詞", "接尾辞", "接頭辞"} for unit in units(normalise(name))
    )


def _is_courtesy(said: str) -> bool:
    """Whether a text is made of manners alone."""
    plain = normalise(said)
    if not is_japanese(plain):
        words = re.findall(r"[a-z']+", plain)
        return bool(words) and not asks(plain) and _ENGLISH_ALWAYS.issuperset(words)
    words = [unit.form for unit in units(plain) if unit.part not in _GRAMMAR]
    vocabulary = _ALWAYS if _ASKED.search(plain) else _TOLD
    names = {unit.form for unit in units(plain) if unit.use == "人名"}
    known = all(word in vocabulary or word in names for word in words)
    exclaims = any(unit.part == "感動詞" for unit in units(plain))
    return known and bool(words or exclaims) and not asks(plain)


def _introduces(said: str) -> bool:
    """Whether a text only says who writes: 総務課の佐藤です, my name is Sato."""
    plain = normalise(said)
    if len(plain) > _LONGEST_INTRODUCTION * 2 or _ASKED.search(plain) or asks(plain):
        return False
    if is_japanese(plain):
        return len(plain) <= _LONGEST_INTRODUCTION and _names_itself(plain)
    words = re.findall(r"[a-z]+", plain)
    office = _ENGLISH_OFFICES.intersection(words) or plain.startswith("my name is")
    return plain.startswith(_INTRODUCTIONS) and bool(office)


def _names_itself(plain: str) -> bool:
    every = [unit for unit in units(plain) if unit.part not in {"補助記号", "空白"}]
    ending = 0
    while every and (every[-1].part in {"助動詞", "助詞"} or every[-1].form in _COPULA):
        ending += every.pop().form in _COPULA
    if not every or not ending:
        return False
    if every[-1].form in _NAMED:
        return len(every) > 1 and every[-2].surface in {"と", "って"}
    if not all(unit.part in _OF_A_NAME or unit.surface == "の" for unit in every):
        return False
    last = every[-1]
    office = any(unit.surface.endswith(_OFFICES) for unit in every[:-1])
    name = last.use == "人名" or (office and last.detail == "固有名詞")
    return name or last.surface.endswith(_OFFICES)


def _asks(said: str) -> bool:
    """Whether a sentence asks: by a word, a mark, か, a request, or a noun left with は."""
    plain = normalise(said)
    if asks(plain) or _ASKED.search(plain):
        return True
    if not is_japanese(plain):
        return plain.split(" ", 1)[0] in {
            "list",
            "name",
            "tell",
            "explain",
            "describe",
            "show",
            "give",
            "please",
        }
    every = [unit for unit in units(plain) if unit.part != "補助記号"]
    if not every:
        return False
    told = every[-1].surface == "た"
    return every[-1].surface in {"は", "とは", "って"} or (
        not told and any(unit.form in _REQUESTS for unit in every[-6:])
    )


def _parts(kept: Sequence[str]) -> list[str]:
    """Return the questions among the sentences, what was told before one put where it is needed."""
    parts: list[str] = []
    told: list[str] = []
    for said in kept:
        if not _asks(said):
            told.append(said)
        elif parts and not told and _goes_on(said):
            parts[-1] = _joined([parts[-1], said])
        else:
            before = (told or parts[-1:]) if _needs(said) else []
            parts.append(_joined([*before, said]))
            told = []
    if not parts:
        return [_joined(told)]
    # 「…をするの？業務の流れのこと」 tells of what is asked; what else stands behind is an aside.
    parts[-1] = _joined(
        [parts[-1], *(one for one in told if one.rstrip(_STOPS).endswith(_GLOSSES))]
    )
    return parts


def _needs(said: str) -> bool:
    """Whether a question says too little to be understood without what was said before it."""
    return points_back(said) or len(set(tokens(said))) <= _FEW


def _goes_on(said: str) -> bool:
    """Whether a question is the rest of the one before: それとも…, or another thing alone."""
    plain = normalise(said)
    return plain.startswith(_OR) or (not asks(plain) and len(set(tokens(plain))) <= 1)


def _talks(said: Sequence[str]) -> bool:
    """Whether sentences of manners greet, thank or introduce: 担当 電話 has no other words either."""
    return any(
        _introduces(one)
        or not is_japanese(one)
        or any(unit.part == "感動詞" or unit.form in _TALK for unit in units(normalise(one)))
        for one in said
    )


def _small_talk(said: Sequence[str]) -> SmallTalk:
    for sentence in said:
        plain = normalise(sentence)
        if _ENGLISH_THANKS.intersection(re.findall(r"[a-z]+", plain)) or any(
            unit.form in _THANKS for unit in units(plain)
        ):
            return SmallTalk.THANKS
    return SmallTalk.GREETING
