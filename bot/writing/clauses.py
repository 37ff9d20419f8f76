"""A sentence as its clauses, and each clause as the parts that bear its meaning.

A clause has words in one spelling, figures, what it makes of its verb (its mood), what it limits,
how it hangs on the next clause, and who stands in which part of it. Reading takes time linear in
the length of the sentence.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.writing import wordlists
from bot.writing.moods import NEGATIVE, PLAIN, compounds, limits_of, moods_of
from bot.writing.readings import AGENT, TOPIC, Bound, Clause, Mood, Reading, Token
from ingest.language.numbers import Bound as Limit
from ingest.language.numbers import Figure, figures
from ingest.language.spelling import folded, is_japanese
from ingest.language.words import Morpheme, morphemes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_QUOTES = str.maketrans(dict.fromkeys("「」『』“”\"'‘’*_`", None))

_CONTENT = frozenset(
    {"名詞", "動詞", "形容詞", "形状詞", "副詞", "接尾辞", "接頭辞", "代名詞", "連体詞"}
)
_ENDS = frozenset({"て", "が", "けれど", "けれども", "ので", "ば", "と", "し", "ながら", "から"})
_OBJECT, _TO, _FROM, _OF, _BY, _THAN = "object", "to", "from", "of", "by", "than"
_FORMAL = frozenset(
    {"こと", "必要", "義務", "もの", "場合", "とき", "責務", "おそれ", "の", "傾向", "可能性"}
)
_ROLES = {
    "が": AGENT,
    "は": TOPIC,
    "も": TOPIC,
    "を": _OBJECT,
    "へ": _TO,
    "に": _TO,
    "から": _FROM,
    "の": _OF,
    "より": _THAN,
}


@lru_cache(maxsize=8_192)
def read(text: str) -> Reading:
    """Return the clauses of one sentence, Japanese or English."""
    plain = " ".join(folded(text).translate(_QUOTES).split())
    if not is_japanese(plain):
        from bot.writing.clauses_english import read_english

        return read_english(plain)
    found = figures(plain)
    units = compounds(morphemes(plain))
    taken = bytearray(len(plain) + 1)
    for one in found:
        taken[one.first : one.last] = b"\1" * (one.last - one.first)
    moods = [one for one in moods_of(units) if not taken[units[one[0]].begin]]
    pieces = [
        _clause(plain, units[start:end], start, moods, found, taken)
        for start, end in _cuts(units, moods)
    ]
    limits = dict(limits_of(units))
    if any(Limit.PRINCIPLE in one.bounds for one in found):
        limits.setdefault("principle", "原則")
    return Reading(
        plain,
        tuple(_with_tails(one for one in pieces if one.words or one.figures or one.mood.said)),
        limits,
        japanese=True,
        tokens=tuple(_tokens(units, found, taken)),
        acts=tuple(_acts(units)),
        counted=frozenset(
            wordlists.same(unit.form) for unit in units if taken[unit.begin] and unit.part == "名詞"
        ),
    )


def _with_tails(clauses: Iterable[Clause]) -> Iterator[Clause]:
    """Yield the clauses, each with the moods of those behind it that have no word of their own."""
    last: Clause | None = None
    for one in clauses:
        if one.own or one.figures:
            if last:
                yield last
            last = one
        elif last is None:
            yield one
        elif one.mood.name != PLAIN:
            last = replace(last, after=(*last.after, one.mood.name))
    if last:
        yield last


def _tokens(
    units: Sequence[Morpheme], found: Sequence[Figure], taken: bytearray
) -> Iterator[Token]:
    """Yield the words of a sentence, and each figure in its place, bounds told apart from it."""
    figures_at = {one.first: one for one in found}
    for unit in units:
        figure = figures_at.get(unit.begin)
        if figure is not None:
            worth = (figure.value, figure.upto, figure.unit, figure.name, figure.day, figure.until)
            yield Token(repr(worth), unit.surface, "figure", unit.begin)
        if taken[unit.begin] or unit.part == "補助記号":
            continue
        if unit.part == "助詞":
            kind = "limit" if unit.surface in _LIMITING else ""
            yield Token(_ONLY.get(unit.surface, unit.surface), unit.surface, kind, unit.begin)
        elif unit.detail == "数詞" or unit.surface.isdigit():
            yield Token(unit.surface, unit.surface, "figure", unit.begin)
        elif unit.part in _CONTENT:
            form = wordlists.same(unit.form)
            bears = unit.part in _NAMING and unit.surface not in _FORMAL
            bears = bears and (
                form not in wordlists.wording() or unit.part != "名詞" or form in wordlists.rivals()
            )
            yield Token(form, unit.surface, "word" if bears else "", unit.begin)


_NAMING = frozenset({"名詞", "接尾辞", "接頭辞", "形状詞", "形容詞"})
_ONLY = {"だけ": "のみ", "しか": "のみ"}
_LIMITING = frozenset({"のみ", "だけ", "しか", "まで", "から", "より", "も", "さえ", "ばかり"})


def _cuts(
    units: Sequence[Morpheme], moods: Sequence[tuple[int, int, str]]
) -> Iterator[tuple[int, int]]:
    """Yield the (first, end) of each clause in words."""
    ends = {end: name for _, end, name in moods if name != PLAIN}
    topic, start = False, 0
    for at, unit in enumerate(units):
        behind = units[at + 1] if at + 1 < len(units) else None
        if behind is None:
            yield start, at + 1
            return
        topic = topic or (unit.part == "助詞" and unit.surface in {"は", "も", "が"})
        cut = False
        if unit.surface in {"、", ",", "，", "。", "："}:
            before = units[at - 1] if at else unit
            cut = (
                before.part in {"動詞", "助動詞", "形容詞"}
                or (
                    before.part == "助詞"
                    and before.surface in _ENDS
                    and before.detail == "接続助詞"
                )
                or before.surface in _conditions()
                or (at > 1 and before.part == "助詞" and units[at - 2].surface in _conditions())
                or (
                    topic
                    and (before.part in {"名詞", "接尾辞"} or before.surface == "で")
                    and _has_topic(units, at + 1)
                )
                or unit.surface == "。"
            )
        elif at + 1 in ends:
            cut = (
                behind.part in {"名詞", "接頭辞"}
                or behind.surface in {"の", "者", "か", "よう"}
                or behind.surface in _conditions()
            )
        elif (
            unit.part == "助詞"
            and unit.detail == "接続助詞"
            and unit.surface in _ENDS - {"て", "が"}
        ):
            cut = behind.surface not in {"、", "なる", "なり", "なら", "いけ"}
        if cut:
            yield start, at + 1
            start, topic = at + 1, False


@lru_cache(maxsize=1)
def _conditions() -> frozenset[str]:
    return frozenset(wordlists.table()["links"]["japanese"]["condition"])


def _has_topic(units: Sequence[Morpheme], start: int) -> bool:
    """Whether what follows up to the next comma names whom or what it speaks of."""
    for at, unit in enumerate(units[start:], start):
        if unit.surface in {"、", ","}:
            return False
        if (
            unit.part == "助詞"
            and unit.surface == "は"
            and units[at - 1].surface not in {"て", "で"}
        ):
            return True
    return False


def _clause(
    text: str,
    units: Sequence[Morpheme],
    first: int,
    moods: Sequence[tuple[int, int, str]],
    found: Sequence[Figure],
    taken: bytearray,
) -> Clause:
    start, end = units[0].begin, units[-1].end
    words: dict[str, str] = {}
    verbs: set[str] = set()
    for unit in units:
        if unit.part not in _CONTENT or taken[unit.begin]:
            continue
        form = wordlists.same(unit.form)
        words.setdefault(form, unit.surface)
        if unit.part == "動詞" or unit.third == "サ変可能":
            verbs.add(form)
    held = tuple(one for one in found if start <= one.start < end)
    last = first + len(units)
    mine = [one for one in moods if first <= one[0] < last]
    telling = {
        at - first
        for start, end, name in mine
        for at in range(start, end)
        if name not in _WORDED and not units[min(at, last - 1) - first].potential
    }
    modal = {wordlists.same(unit.form) for at, unit in enumerate(units) if at in telling}
    modal -= {wordlists.same(unit.form) for at, unit in enumerate(units) if at not in telling}
    modal |= {wordlists.same(unit.form) for unit in units if _denies(unit)}
    mood = Mood()
    for at, until, name in mine:
        if name != PLAIN or not mood.said:
            mood = Mood(
                name, text[units[at - first].begin : units[min(until, last) - first - 1].end]
            )
    return Clause(
        text[start:end],
        words,
        held,
        mood,
        _link(units, mine, first),
        _roles(units, taken),
        frozenset(verbs),
        tuple(text[one.first : one.last] for one in held),
        start,
        _goes_on(units),
        tuple(_anchor(units, one) for one in held),
        tuple(_around(units, one, taken) for one in held),
        _head(units, held, taken),
        bound=tuple(_bound(text, units, first, mine, taken)),
        modal=frozenset(modal),
        done=not mood.said and _is_done(units),
        passive=_is_passive(units),
    )


def _is_passive(units: Sequence[Morpheme]) -> bool:
    return any(unit.lemma in {"れる", "られる"} and unit.part == "助動詞" for unit in units)


def _is_done(units: Sequence[Morpheme]) -> bool:
    """Whether a clause ends with what is done: 完了した, 実施している."""
    tail = [unit for unit in units if unit.part != "補助記号" and unit.lemma not in _POLITE][-2:]
    return bool(tail) and (
        tail[-1].lemma == "た" or (len(tail) > 1 and tail[-1].lemma in {"いる", "居る", "おる"})
    )


_POLITE = frozenset({"ます", "です"})


_WORDED = frozenset({"plan", "try"})
"""Moods whose own words differ from one another: 予定 and 検討 are not the same."""


def _bound(
    text: str,
    units: Sequence[Morpheme],
    first: int,
    moods: Sequence[tuple[int, int, str]],
    taken: bytearray,
) -> Iterator[Bound]:
    """Yield the moods of a clause, each with the last word before it that says something.

    What only says how, where or when (確実に, 総務省では) is not what a mood is made of.
    """
    covered = {at - first for start, end, _ in moods for at in range(start, end)}
    for unit, noun in pairwise(units):
        if _denies(unit) and noun.part == "名詞":
            form = wordlists.same(noun.form)
            said = text[unit.begin : noun.end]
            yield Bound(Mood(NEGATIVE, said), form, frozenset({form}))
    denied = {place + 1 for place, unit in enumerate(units) if _denies(unit)}
    for start, until, name in moods:
        at = start - first
        word, among = "", set[str]()
        begin = at if units[at].potential and units[at].part == "動詞" else at - 1
        for place in range(begin, -1, -1):
            unit = units[place]
            if (taken[unit.begin] and not word) or (word and unit.surface in _APART):
                break
            form = wordlists.same(unit.form)
            light = form in (wordlists.light() if unit.part == "動詞" else wordlists.wording())
            bare = unit.part not in _CONTENT or taken[unit.begin] or light
            if bare or (place in covered and place != at):
                continue
            if not word and name == PLAIN and place in denied:
                break
            among.add(form)
            word = word or ("" if unit.part != "動詞" and _says_how(units, place) else form)
        if word:
            end = units[min(until - first, len(units)) - 1].end
            yield Bound(Mood(name, text[units[at].begin : end]), word, frozenset(among))


def _says_how(units: Sequence[Morpheme], place: int) -> bool:
    """Whether the noun that a unit is part of only says how, where or when: 総務省では."""
    behind = place + 1
    while behind < len(units) and (
        units[behind].part in {"名詞", "接尾辞"} or units[behind].surface in _AMONG
    ):
        behind += 1
    return behind < len(units) and units[behind].surface in _HOW


def _denies(unit: Morpheme) -> bool:
    """Whether a prefix says that what follows is not so: 非公表."""
    return unit.part == "接頭辞" and unit.surface in wordlists.table()["negative"]["prefixes"]


_APART = frozenset({"は", "が", "も", "こと", "の", "、"})
"""Before these a word is no longer said with the mood behind it."""

_AMONG = frozenset({"など", "等", "や"})
_HOW = frozenset({"で", "に", "から", "まで", "へ", "より"})
"""What follows a word that only says how, where or when."""


def _acts(units: Sequence[Morpheme]) -> Iterator[tuple[str, str]]:
    """Yield the nouns before を, each with the verb right behind it."""
    for thing, particle, verb in zip(units, units[1:], units[2:], strict=False):
        acts = verb.part == "動詞" or verb.third == "サ変可能"
        if particle.surface == "を" and acts and thing.part in _NAMING:
            yield wordlists.same(thing.form), wordlists.same(verb.form)


def _around(units: Sequence[Morpheme], figure: Figure, taken: bytearray) -> frozenset[str]:
    """Return the two words before a figure and the two behind it that say something."""
    saying = [
        (unit, form)
        for unit in units
        if unit.part in _CONTENT
        and not taken[unit.begin]
        and (form := wordlists.same(unit.form)) not in wordlists.wording()
    ]
    before = [form for unit, form in saying if unit.end <= figure.start][-_BESIDE:]
    behind = [form for unit, form in saying if unit.begin >= figure.end][:_BESIDE]
    return frozenset([*before, *behind])


_BESIDE = 2
"""Words on either side of a figure that tell what it is of."""


def _head(units: Sequence[Morpheme], held: Sequence[Figure], taken: bytearray) -> str:
    for unit in reversed(units):
        if held and unit.begin < held[-1].end:
            return ""
        form = wordlists.same(unit.form)
        if unit.part in _CONTENT and not taken[unit.begin] and form not in wordlists.wording():
            return form
    return ""


def _anchor(units: Sequence[Morpheme], figure: Figure) -> str:
    """Return the noun before a figure, which it is the figure of; "" where none is."""
    before = [
        unit for unit in units if unit.end <= figure.first and unit.part in {"名詞", "接尾辞"}
    ]
    return wordlists.same(before[-1].form) if before else ""


def _link(units: Sequence[Morpheme], moods: Sequence[tuple[int, int, str]], first: int) -> str:
    """Return how a clause hangs on the next."""
    covered = {at - first for start, end, _ in moods for at in range(start, end)}
    tail = [at for at, unit in enumerate(units) if unit.part != "補助記号"][-3:]
    links = wordlists.table()["links"]["japanese"]
    while len(tail) > 1 and units[tail[-1]].surface in {"は", "に", "も", "、", "で", "には"}:
        if units[tail[-1]].part != "助詞":
            break
        tail.pop()
    if tail and tail[-1] not in covered:
        unit = units[tail[-1]]
        for name in ("condition", "cause"):
            if unit.surface in links[name] and unit.detail != "格助詞":
                return name
    if moods and moods[-1][1] >= first + len(units) and units[-1].part != "補助記号":
        return "attribute"
    return ""


def _goes_on(units: Sequence[Morpheme]) -> bool:
    tail = [unit for unit in units if unit.part != "補助記号"][-2:]
    if not tail or len(units) == len(tail) or units[-1].surface == "。":
        return False
    return tail[-1].part == "動詞" or (
        tail[-1].lemma in {"れる", "られる", "せる"} and tail[-1].part == "助動詞"
    )


def _roles(units: Sequence[Morpheme], taken: bytearray) -> dict[str, str]:
    """Return in which part the word before each particle stands; the passive turned round."""
    found: dict[str, str] = {}
    passive = _is_passive(units)
    for at, unit in enumerate(units[:-1]):
        if unit.part not in {"名詞", "接尾辞", "代名詞"}:
            continue
        particle = units[at + 1]
        following = units[at + 2].surface if at + 2 < len(units) else ""
        role = _ROLES.get(particle.surface, "") if particle.part == "助詞" else ""
        if taken[unit.begin] or unit.surface in _FORMAL:
            continue
        if particle.surface in {"に", "で"} and following in {"は", "も"}:
            continue
        if particle.surface == "に" and following in {"よっ", "より", "よる"}:
            role = AGENT
        elif particle.surface == "に" and following in _ABOUT:
            role = TOPIC
        if not role or (role == _TO and following in _TOWARDS and _is_described(units, at)):
            continue
        if passive:
            role = {AGENT: _OBJECT, _FROM: _BY}.get(role, role)
        if role != _OF:
            found[_compound(units, at)] = role
        else:
            found.setdefault(_compound(units, at), role)
    return found


_TOWARDS = frozenset({"対し", "対する"})


def _is_described(units: Sequence[Morpheme], last: int) -> bool:
    """Whether the noun that ends at a unit may do what stands before it: 展開する企業に対し."""
    first = last
    while first and units[first - 1].part in {"名詞", "接尾辞", "接頭辞"}:
        first -= 1
    return bool(first) and units[first - 1].part in {"動詞", "助動詞"}


_ABOUT = frozenset({"つい", "おい", "関し", "関する", "つき", "とっ", "係る"})


def _compound(units: Sequence[Morpheme], last: int) -> str:
    """Return the whole noun that ends at a unit: 副委員長, 指定管理者."""
    first = last
    while first and units[first - 1].part in {"名詞", "接尾辞", "接頭辞"}:
        first -= 1
    return "".join(unit.surface for unit in units[first : last + 1])
