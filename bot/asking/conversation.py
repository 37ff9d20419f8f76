"""A talk so far: what a follow-up is about, made whole, and the day that it asks about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.answers import REMEMBERED
from bot.asking.things import Spoken, spoken
from bot.asking.wants import asking, asks, heads
from ingest.language import days as language_days
from ingest.language.days import MONTHS, Day
from ingest.language.places import places
from ingest.language.spelling import aligned, is_japanese, normalise
from ingest.language.tables import Phrases, table
from ingest.language.words import tokens, units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answers import Turn

_LONGEST = 600

_LISTS = table("bot/asking/conversation")
_BEGINS = Phrases({"yes": _LISTS["begins"]["yes"], "": _LISTS["begins"]["no"]})
_POINTS = Phrases({"yes": _LISTS["points"]["yes"], "": _LISTS["points"]["no"]})
_MORE = Phrases({"": _LISTS["more"]["words"]})
_AROUND = Phrases({"": _LISTS["more"]["around"]})
_INSTEAD = tuple(sorted(_LISTS["instead"]["behind"], key=len, reverse=True))
_PROPERTIES = frozenset(_LISTS["properties"]["words"])
_BODIES = frozenset(table("bot/asking/words")["bodies"])
_CHOICE = re.compile(
    r"\s*(?:[『「][^』」]+[』」]について\s*[:：]|About [^:：]+[:：])", re.IGNORECASE
)
_POINTING = re.compile(
    r"(?:では|じゃあ?)?[、,\s]*(?:(?:その|この)(?!場合|際|時|とき|うち)|(?:それ|これ)(?=[はがをにでのもっと]))"
)
_NAME = re.compile(r"[「『]|[a-z]{2}|[ァ-ヶー]{5}|\d")
_STOPS = " 。.？?！!、,"
_FEW, _LITTLE = 3, 2
"""Words of its own up to which a question that points back still follows up; up to which one
that does not point follows up because it says too little."""


def wants_more(text: str) -> bool:
    """Whether a text only asks for more of the last answer, and for nothing else."""
    plain = normalise(text)
    if next(_MORE.find(plain), None) is None:
        return False
    for found in reversed(list(_AROUND.find(plain))):
        plain = f"{plain[: found.start]} {plain[found.end :]}"
    return not tokens(plain)


def times_more(text: str, history: Sequence[Turn]) -> int:
    """Return how often in a row more was asked for, *text* included; 0 when it asks anew."""
    if not history or not wants_more(text):
        return 0
    times = 1
    for turn in reversed(history):
        if not wants_more(turn.question):
            break
        times += 1
    return times


def condense(text: str, history: Sequence[Turn]) -> str:
    """Return a question that can be understood alone: a follow-up is written out.

    By rules, without a model: a question follows up when it points back (その, それ, and …, it)
    or names nothing of its own, only some property (費用は？). It is written out with what the
    question before it, as that was written out, is about. Who only asks for more asks the same
    once more.
    """
    whole = ""
    for asked in [*(turn.question for turn in history[-REMEMBERED:]), text]:
        if whole and wants_more(asked):
            continue
        whole = _written_out(asked, whole) if whole and follows_up(asked) else asked
    return whole if len(whole) <= _LONGEST or whole == text else whole[-_LONGEST:]


def carried(text: str, history: Sequence[Turn]) -> str:
    """Return a question that may stand alone as if it followed up; *history* has a turn at least."""
    *earlier, last = history
    return _written_out(text, condense(last.question, earlier))


def is_choice(text: str) -> bool:
    """Whether a text is a choice that was offered ("「第1版」について: 期限は"), as it was offered."""
    return _CHOICE.match(text) is not None


def without_choice(text: str) -> str:
    """Return a question without the choice before it; the whole text where that is all."""
    return _CHOICE.sub("", text, count=1).strip() or text


@lru_cache(maxsize=256)
def follows_up(text: str) -> bool:
    """Whether a question makes sense only after another one."""
    return points_back(text) or (not is_choice(text) and _says_little(normalise(text)))


@lru_cache(maxsize=256)
def may_stand_alone(text: str) -> bool:
    """Whether a question is taken to follow up only because it says little by itself."""
    plain = normalise(text)
    if points_back(text) or is_choice(text) or not _says_little(plain):
        return False
    return any(not one.verb and tokens(one.said) for one in _phrases(plain))


def points_back(text: str) -> bool:
    """Whether a question points to another one, or names nothing but a property."""
    if is_choice(text):
        return False
    plain = normalise(text).strip()
    first = next(_BEGINS.find(plain), None)
    if first is not None and first.start == 0 and first.meaning:
        return True
    own = [
        word for word in words_of_its_own(plain) if word not in _PROPERTIES and not word.isdigit()
    ]
    if not own or _instead_of(text):
        return True
    return len(own) <= _FEW and any(found.meaning for found in _POINTS.find(plain))


def words_of_its_own(text: str) -> list[str]:
    """Return the words of a question that do not ask (どの機関, いつまで), as `tokens` gives them."""
    kept = plain = normalise(text)
    for found in reversed(asking(plain)):
        kept = f"{kept[: found.start]} {kept[found.end :]}"
    return tokens(kept)


def _says_little(plain: str) -> bool:
    """Whether a Japanese question asks something of a thing that it leaves unsaid.

    It has at most two words that name something, and none of them is a name by its look: in
    quotation marks, in Latin letters, a long loanword, a municipality.
    """
    if not is_japanese(plain) or any(places(plain)) or _NAME.search(plain):
        return False
    phrases = _phrases(plain)
    named = [word for one in phrases if not one.verb for word in tokens(one.said)]
    if len([word for word in named if word not in _PROPERTIES]) > _LITTLE:
        return False
    # とは asks for a name; where nothing is asked, a word or two are all there is to search for.
    names = any(found.meaning == "definition" for found in asking(plain))
    return not names and (asks(plain) or any(one.verb for one in phrases))


def _phrases(plain: str) -> list[Spoken]:
    return spoken(plain, [(found.start, found.end) for found in asking(plain)])


def _instead_of(asked: str) -> str:
    """Return the thing that a question puts in the place of the one before, as typed, or "".

    「町の場合は？」「磐梯町は？」 name one thing, ask for no property and say nothing of it.
    """
    bare = asked.strip(_STOPS)
    found = asking(normalise(bare))
    if found and found[-1].said.startswith("どう"):
        bare = bare[: bare.rfind("どう")].strip(_STOPS)
        found = found[:-1]
    if found or not is_japanese(bare):
        return ""
    end = next((behind for behind in _INSTEAD if bare.endswith(behind)), "")
    thing = bare[: len(bare) - len(end)] if end else ""
    plain = normalise(thing)
    phrases = _phrases(plain)
    if not phrases or any(one.verb for one in phrases) or phrases[-1].end != len(plain):
        return ""
    property_of = any(want.kind != "town" for want in heads(plain, phrases)) or not (
        set(tokens(thing)) - _PROPERTIES
    )
    joined = all(one.particle in {"の", "・", ""} for one in phrases)
    return thing if joined and not property_of else ""


def _written_out(asked: str, before: str) -> str:
    """Return a follow-up with what the question before it is about."""
    if not asked.strip():
        return before
    if not is_japanese(asked):
        return f"{asked.rstrip()} ({before.rstrip(_STOPS)})"
    asked = asked.strip()
    instead = _instead_of(asked)
    topic = _topic(before)
    if instead:
        return _replaced(instead, topic, before)
    if any(found.meaning == "reason" for found in asking(normalise(asked))):
        # Why it is so asks for all that was said.
        return f"{before.rstrip(_STOPS)}、{asked}"
    if not _ends_in_noun(topic) or _more_than(topic, before):
        return f"{_told(before)}、{asked}"
    return _joined(topic, asked)


def _joined(topic: str, asked: str) -> str:
    """Return what is asked of a topic: of 標準化, その期限は？ asks 標準化の期限は？."""
    pointing = _POINTING.match(asked)
    if pointing is not None:
        joint = "の" if pointing.group().endswith(("その", "この")) else ""
        return f"{topic}{joint}{asked[pointing.end() :]}"
    found = asking(normalise(asked))
    if found and found[0].start == 0:
        return f"{topic}は{asked}"
    first = next(iter(units(asked)), None)
    noun = first is not None and first.part in {"名詞", "接頭辞"}
    return f"{topic}の{asked}" if noun else f"{topic}、{asked}"


def _more_than(topic: str, before: str) -> bool:
    """Whether a question names more than its topic, so that either may be meant by それ."""
    said = [one for one in _phrases(normalise(before)) if not one.verb]
    words = {word for one in said for word in tokens(one.said)} - _PROPERTIES
    return not words <= set(tokens(topic))


def _told(before: str) -> str:
    """Return a question without the words that ask: what is asked now counts."""
    plain = normalise(before)
    kept = before.rstrip(_STOPS)
    for found in asking(plain):
        kept = kept.replace(found.said, "", 1)
    return kept.strip(_STOPS)


def _replaced(thing: str, topic: str, before: str) -> str:
    """Return the question before with another thing in the place of its own."""
    towns, others = places(before), places(thing)
    if others and len(towns) == 1:
        return f"{before[: towns[0].start]}{thing}{before[towns[0].end :]}"
    if thing in _BODIES:
        said = [one for one in _phrases(normalise(before)) if one.said in _BODIES]
        if len(said) == 1 and before.count(said[0].said) == 1:
            return before.replace(said[0].said, thing)
        return f"{thing}の場合、{before}"
    if _ends_in_noun(topic) and before.startswith(topic):
        return f"{thing}{before[len(topic) :]}"
    return f"{before.rstrip(_STOPS)}、{thing}の場合"


def _topic(before: str) -> str:
    """Return what a question is about: what stands before its first は, or before what asks."""
    for at in (found.start() for found in re.finditer("は|って", before)):
        particle = "は" if before[at] == "は" else "って"
        upto = units(before[: at + len(particle)])
        if not upto or upto[-1].part != "助詞" or upto[-1].surface not in {particle, "とは"}:
            continue
        topic = _without_particles(before[:at])
        if tokens(topic):
            return topic
    plain = before.rstrip(_STOPS)
    found = list(units(plain))
    while found and found[-1].part not in {"名詞", "接尾辞"}:
        if found[-1].part == "動詞" and found[-1].form not in _ASKING_VERBS:
            return plain
        found.pop()
    # The normalised text may be longer or shorter: the words are looked up as they stand.
    return _upto(plain, found[-1].surface) if found else plain


def _upto(text: str, word: str) -> str:
    at = text.rfind(word)
    return text[: at + len(word)] if at >= 0 else text


def _without_particles(text: str) -> str:
    """Return *text* without に, で and と at its end."""
    kept = text
    while kept and (said := units(kept)) and said[-1].part == "助詞":
        kept = kept[: -len(said[-1].surface)]
    return kept


def _ends_in_noun(text: str) -> bool:
    said = units(text.rstrip("」』）)"))
    return bool(said) and said[-1].part in {"名詞", "接尾辞"}


_ASKING_VERBS = frozenset(table("bot/asking/words")["requests"]) | frozenset(
    table("bot/asking/words")["favours"]
)


# What makes of a day the one that is asked about: words behind it in Japanese, before it in English.
_BEHIND_DAY = re.compile(r"(?:の?末日?)?(?:の|頃の?|ごろの?)?\s?(?:時点|現在(?!地)|当時)")
_PARTICLES = re.compile(r"(?:において|における|では|での|には|で|に|の)?\s?[、,]?\s?")
_BEFORE_DAY = re.compile(
    r"\bas (?:of|at|(?:it|they) stood (?:on|in))\s+(?:the )?(?:end of )?(?:the )?$", re.IGNORECASE
)
_REACH = 40
"""Characters before an English day in which those words stand."""

_NOW = re.compile(
    r"(?:いま|今|現在|現行|最新)(?:は|では|の|も|だと|なら)"
    r"|\b(?:now|today|currently|at present|nowadays)\b",
    re.IGNORECASE,
)


def timeless(text: str) -> str:
    """Return *text* without_day its day; "" when it says when and nothing of what (では、今は？)."""
    rest = without_day(text)
    bare = _NOW.sub(" ", rest)
    return rest if bare == rest or words_of_its_own(bare) else ""


@dataclass(frozen=True, slots=True)
class Said:
    """A day that a text names: *words* as said, from *start* to *end* with what goes with them.

    Of a month, a year or a fiscal year the last *day* is meant: who asks about March 2022 wants
    what had come into force by then. *whole* says which: month, year, fiscal-year, or day.
    """

    day: date
    words: str
    start: int
    end: int
    whole: str = "day"


def day_in(text: str) -> Said | None:
    """Return the day that *text* asks about, None when it names none or none there is."""
    plain = aligned(text)
    for one in sorted(language_days.find(plain.text), key=lambda one: (one.start, -one.end)):
        if one.day.last is None:
            continue
        behind = _BEHIND_DAY.match(plain.text, one.end)
        before = _BEFORE_DAY.search(plain.text[max(0, one.start - _REACH) : one.start])
        if behind is not None:
            start, said = one.start, behind.end()
            particles = _PARTICLES.match(plain.text, said)
            end = particles.end() if particles else said
        elif before is not None:
            start, said = max(0, one.start - _REACH) + before.start(), one.end
            rest = plain.text[said:]
            end = said + len(rest) - len(rest.lstrip(" ,"))
        else:
            continue
        words = text[slice(*plain.span(start, said))].strip()
        return Said(one.day.last, words, *plain.span(start, end), _whole(one.day))
    return None


def _whole(day: Day) -> str:
    if day.month is None:
        return "fiscal-year" if day.fiscal else "year"
    return "month" if day.day is None else "day"


def without_day(text: str) -> str:
    """Return *text* without_day the words that name the day; "" when there are no others."""
    said = day_in(text)
    if said is None:
        return text
    rest = f"{text[: said.start].rstrip()} {text[said.end :]}".strip()
    if not (text[: said.start].isascii() and text[said.end :].isascii()):
        rest = f"{text[: said.start]}{text[said.end :]}".strip()
    return rest if any(character.isalnum() for character in rest) else ""


def day_carried(text: str, history: Sequence[Turn]) -> Said | None:
    """Return the day that a question is about: its own, or that of what it follows up.

    A question that stands alone, or asks about now, leaves the day of the earlier ones behind.
    """
    found: Said | None = None
    begun = False
    for asked in [*(turn.question for turn in history[-REMEMBERED:]), text]:
        own = day_in(asked)
        if own is not None:
            found = own
        elif not (begun and follows_up(asked)) or _NOW.search(asked):
            found = None
        begun = True
    return found


def written_day(day: date, language: str) -> str:
    """Return a day as the language writes it: 2022年3月31日, 31 March 2022."""
    if language == "ja":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
