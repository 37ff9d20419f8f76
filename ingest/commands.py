"""Sentences in a document that address a machine instead of a reader.

A PDF can carry text that nobody sees, written for language models ("ignore previous
instructions"). A manual for public servants has no such sentence, so the paragraph that holds one is
neither quoted nor handed to a model.

What decides is who is addressed and what is demanded: a program that is spoken to and told what to
answer, or anybody who is told what to do with instructions or with the answer as such. A sentence
*about* a program ("the AI shall answer in this form", as specifications say) addresses nobody.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ingest.language.tables import one_of, table


def _pattern(name: str) -> re.Pattern[str]:
    """Return the shapes of that name in both languages, each <word> with the words it stands for."""

    def filled(language: dict[str, list[str]], shape: str) -> str:
        return re.sub(r"<([a-z]+)>", lambda found: one_of(language[found[1]]), shape)

    shapes = [
        filled(language, shape)
        for language in table("ingest/commands").values()
        for shape in language[name]
    ]
    return re.compile("|".join(shapes), re.IGNORECASE)


_ADDRESSED, _DEMANDS, _ORDERS = map(_pattern, ("addressed", "demands", "orders"))

_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]"
)


@lru_cache(maxsize=20_000)
def addresses_a_machine(text: str) -> bool:
    """Whether *text* tells a language model what to do, however it is spelt."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    said = " ".join(plain.split())
    addressed = _ADDRESSED.search(said)
    demanded = addressed and _DEMANDS.search(said, addressed.end())
    return bool(demanded or _ORDERS.search(said))
