"""Reading a question: once, wholly, into an `Intent`."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from bot.asking import days
from bot.asking.articles import find as find_articles
from bot.asking.conditions import bodies
from bot.asking.conditions import find as find_conditions
from bot.asking.conversation import follows_up
from bot.asking.intent import Intent, Kind, Thing
from bot.asking.messages import questions_in
from bot.asking.things import predicate, spoken, things
from bot.asking.wants import asking, heads, wanted
from ingest.language.spelling import is_japanese, normalise

_JAPANESE = "[\u3041-\u30ff\u3400-\u9fff々〆]"
_BETWEEN_WORDS = re.compile(rf"(?<={_JAPANESE}{{2}})\s+(?={_JAPANESE}{{2}})")
"""White space between words, as in a search box; letters spread over their width stand alone."""


@lru_cache(maxsize=256)
def read(text: str, *, language: str | None = None) -> Intent:
    """Return what *text*, a message as somebody typed it, asks.

    *language* is "ja" or "en", that of the text where none is given. The names of things by the
    glossary, a town's prefecture and what an earlier question was about are added by whoever
    knows them (`Intent.named`).
    """
    spoken_in = language or ("ja" if is_japanese(text) else "en")
    message = questions_in(text)
    if message.small_talk is not None:
        return Intent(text, message.core, spoken_in, small_talk=message.small_talk)
    parts = tuple(_question(text, part, spoken_in) for part in message.parts)
    if len(parts) == 1:
        return parts[0]
    return replace(_question(text, message.core, spoken_in), parts=parts)


def _question(text: str, core: str, language: str) -> Intent:
    core = _BETWEEN_WORDS.sub("、", core)
    plain = normalise(days.without(core) or core)
    asked = asking(plain)
    numbered = find_articles(plain)
    bounds, spans = find_conditions(core, plain)
    # What asks, bounds or numbers names no thing.
    spans += [(one.start, one.end) for one in asked]
    spans += [(one.start, one.end) for one in numbered]
    phrases = spoken(plain, spans)
    said, negative = predicate(phrases)
    wants = wanted(plain, asked, phrases, article=bool(numbered))
    kinds = {want.kind for want in wants}
    about = things(phrases, heads(plain, phrases))
    options = _options(about) if kinds & {Kind.COMPARISON, Kind.CHOICE} else ()
    return Intent(
        text=text,
        core=core,
        language=language,
        things=about,
        predicate=said,
        negative=negative,
        conditions=replace(bounds, bodies=bodies(phrases)),
        wanted=wants,
        articles=tuple(one.article for one in numbered),
        options=options,
        follows_up=follows_up(core),
    )


def _options(about: tuple[Thing, ...]) -> tuple[str, ...]:
    """Return the things that are chosen from or compared: those joined by と, か, や, より."""
    found: list[str] = []
    for thing, following in pairwise(about):
        if thing.particle in {"と", "か", "や", "より"}:
            found += [thing.said, following.said]
    return tuple(dict.fromkeys(found))
