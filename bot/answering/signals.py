"""What speaks for a candidate: a row of named numbers for each line or run of lines.

A candidate is a line of the found passages, or two or three that follow each other. Each number
compares it with the question's `Intent`; what they are worth together is fitted (`weights.json`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.answering.candidates import TOGETHER, Candidate, runs
from bot.answering.extremes import DECIDED, deciding
from bot.answering.lines import GAPS, MAKE, Above, Line, Reader, dated, held
from bot.asking.conversation import without_day
from bot.asking.intent import VALUES, Intent
from bot.asking.intent import Kind as Wanted
from ingest.language.numbers import Figure
from ingest.language.numbers import Kind as Told
from ingest.language.spelling import is_japanese, normalise
from ingest.language.tables import table
from ingest.language.words import pairs, tokens
from ingest.sentences import Kind

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from index.passages import Library, Passage
    from index.search.glossary import Match

_NEAR = 2
"""Lines on either side that are a line's neighbours."""

GIVES: Mapping[Wanted, frozenset[Told]] = {
    Wanted.DATE: frozenset({Told.DAY}),
    Wanted.DEADLINE: frozenset({Told.DAY, Told.DURATION}),
    Wanted.AMOUNT: frozenset({Told.MONEY}),
    Wanted.COUNT: frozenset({Told.COUNT, Told.PEOPLE, Told.FREQUENCY}),
    Wanted.SHARE: frozenset({Told.SHARE}),
    Wanted.DURATION: frozenset({Told.DURATION, Told.TIME}),
    Wanted.FREQUENCY: frozenset({Told.FREQUENCY}),
    Wanted.AGE: frozenset({Told.AGE}),
    Wanted.QUANTITY: frozenset({Told.MEASURE, Told.COUNT}),
    Wanted.NUMBER: frozenset(Told) - {Told.DAY, Told.ARTICLE, Told.ORDINAL, Told.EDITION},
}
"""The kinds of figure that give what is wanted."""

_UNITED = frozenset({Told.COUNT, Told.PEOPLE, Told.MEASURE, Told.DURATION})
"""Kinds of figure whose unit has to be the one that was asked for."""

LEGS = ("words", "pairs", "phrases", "page-words", "page-pairs", "dense", "document")
"""The search's own, as a passage names them."""

NAMES = (
    "words_own", "words_heads", "words_leaf", "words_path", "words_title", "words_near",
    "words_page", "words_rarest", "words_beside", "words_line", "pairs_line",
    "things_line", "value_line", "pairs_own", "pairs_heads", "pairs_above",
    "things_own", "things_heads", "things_above", "things_lost", "predicate",
    "density", "value", "value_lacks", "value_unit", "value_head", "figures",
    "period_own", "period_above", "period_lacks", "town_own", "town_above", "town_front",
    "town_lacks", "defines", "most", "modal", "reason", "who", "lists", "steps", "compares",
    "contact", "decides",
    *MAKE, "length", "lines",
    *(f"{leg.replace('-', '_')}_leg" for leg in LEGS), "rank", "page_rank", "foreign",
)  # fmt: skip
"""The signals, in the order of a row."""

_Bound = Callable[[Line | Above], bool]
"""Whether a text names what bounds a question."""

_TELLS = {name: re.compile("|".join(words)) for name, words in table("answers")["told"].items()}
_TOLD_AS = {
    "most": Wanted.EXTREME, "modal": Wanted.YES_NO, "reason": Wanted.REASON, "who": Wanted.WHO,
    "lists": Wanted.LIST, "steps": Wanted.STEPS, "contact": Wanted.CONTACT,
}  # fmt: skip


class Names(NamedTuple):
    """Other names of what the question says in the words *said*.

    They stand in a text as they are *written*, without gaps, or as words, as it is *counted*.
    """

    said: frozenset[str]
    written: tuple[str, ...]
    counted: tuple[frozenset[str], ...] = ()

    def stand_in(self, flat: str, words: frozenset[str]) -> bool:
        """Whether a text says one of them."""
        return any(name in flat for name in self.written) or any(
            cut <= words for cut in self.counted
        )


def _names(match: Match) -> Names:
    # A synonym is a word in any form (使い of 使う); a name stands as it is.
    cut = {name: frozenset(tokens(name)) for name in match.others}
    synonyms = match.looked_up and is_japanese(match.said)
    words = {name for name in match.others if synonyms and len(cut[name]) == 1}
    written = (GAPS.sub("", normalise(name)) for name in match.others if name not in words)
    return Names(
        frozenset(tokens(match.said)),
        tuple(written),
        tuple(cut[name] for name in match.others if name in words),
    )


@dataclass(frozen=True, eq=False)
class Asked:
    """The question's units, as signals compare them; words and things with their rarity.

    *names* are the glossary's and the synonyms'. A text that has one of them says what was said.
    *then* are the keys of the editions that were in force on the day that is asked about, of works
    that have others too: what they say is of that day.
    """

    intent: Intent
    words: Mapping[str, float]
    pairs: Sequence[str]
    things: tuple[tuple[str, float], ...]
    plain: str
    names: tuple[Names, ...] = ()
    then: frozenset[str] = frozenset()


def asked(intent: Intent, library: Library) -> Asked:
    """Return what is compared of a question, by the rarity of words and the names in *library*."""
    rarity = library.rarity
    # An edition of the day need not name it: where it stands tells by signals of its own.
    day = intent.conditions.as_of
    said = (without_day(intent.core) if day else "") or intent.core
    return Asked(
        intent,
        {word: rarity(word) for word in dict.fromkeys(tokens(said))},
        tuple(dict.fromkeys(pairs(said))),
        tuple(
            (GAPS.sub("", thing.said), sum(map(rarity, thing.words)) or 1e-6)
            for thing in intent.subjects
        ),
        normalise(intent.core),
        tuple(map(_names, library.glossary.expand(intent.core))),
        _then(library, day),
    )


def _then(library: Library, day: date | None) -> frozenset[str]:
    if day is None:
        return frozenset()
    editions = Counter(one.document.id for one in library.editions if one.held)
    return frozenset(one.key for one in library.in_force(day) if editions[one.document.id] > 1)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The candidates of a search, and the signals of each: shape (candidates, len(NAMES))."""

    found: tuple[Candidate, ...]
    rows: NDArray[np.float64]


def candidates(
    question: Asked, passages: Sequence[Passage], library: Library, reader: Reader
) -> Candidates:
    """Return each line of *passages* and each run of lines as candidates, with their signals."""
    given = runs(passages, library, reader)
    if not given.found:
        return Candidates((), np.zeros((0, len(NAMES))))
    table_of = _Table(question, given.lines, given.pages, library, reader)
    return Candidates(given.found, table_of.rows(given.found, given.spans, passages))


class _Table:
    """What the lines of the found pages hold of a question, and the rows made of it."""

    def __init__(
        self,
        question: Asked,
        lines: Sequence[Line],
        pages: Mapping[tuple[str, int], Sequence[Line]],
        library: Library,
        reader: Reader,
    ) -> None:
        self._question = question
        self._lines = lines
        self._reader = reader
        self._page = np.repeat(np.arange(len(pages)), [len(page) for page in pages.values()])
        words, couples = list(question.words), question.pairs
        heads = [reader.above(line.under) for line in lines]
        leaves = [reader.above(line.section[-1] if line.section else "") for line in lines]
        paths = [reader.above("\n".join(line.section)) for line in lines]
        titles = [reader.above(line.edition.document.title) for line in lines]
        own_words = held(words, [line.words for line in lines])
        self._words = [self._with_names(own_words, lines)] + [
            self._with_names(_layer(words, above), above)
            for above in (heads, leaves, paths, titles)
        ]
        own = held(couples, [line.pairs for line in lines])
        self._pairs = [
            own,
            _layer(couples, heads, pairs=True),
            _layer(couples, paths, pairs=True) | _layer(couples, titles, pairs=True),
        ]
        self._things = np.array([weight for _, weight in question.things])
        said = [thing for thing, _ in question.things]
        above = [one.flat + two.flat for one, two in zip(paths, titles, strict=True)]
        self._named = [
            np.array([[one in text for one in said] for text in texts], dtype=np.bool_).reshape(
                len(lines), len(said)
            )
            for texts in ([line.flat for line in lines], [one.flat for one in heads], above)
        ]
        self._over = list(zip(heads, paths, titles, strict=True))
        editions = {line.edition.key: line.edition for line in lines}
        self._fronts = {key: reader.front(library, one).flat for key, one in editions.items()}

    def _with_names(
        self, holds: NDArray[np.bool_], texts: Sequence[Line | Above]
    ) -> NDArray[np.bool_]:
        """Return what texts hold, other names of what was said counted as said."""
        places = {word: at for at, word in enumerate(self._question.words)}
        # Many lines stand under the same heading: each text is looked through once.
        flat = {text.flat: text.words for text in texts}
        for names in self._question.names:
            columns = [places[word] for word in names.said if word in places]
            told = {text for text, words in flat.items() if names.stand_in(text, words)}
            rows = [at for at, text in enumerate(texts) if text.flat in told]
            if columns and rows:
                holds[np.ix_(rows, columns)] = True
        return holds

    def rows(
        self, found: Sequence[Candidate], spans: NDArray[np.int64], passages: Sequence[Passage]
    ) -> NDArray[np.float64]:
        """Return the signals of candidates; *spans* are the first and one past last line of each."""
        columns: dict[str, NDArray[np.float64]] = {}
        first = spans[:, 0]
        weights = np.array(list(self._question.words.values()))
        weights = weights / (weights.sum() or 1.0)
        own = _any(self._words[0], spans)
        layer, share = own, own @ weights
        columns["words_own"] = share
        for name, more in zip(("heads", "leaf", "path", "title"), self._words[1:], strict=True):
            layer = layer | _any(more, spans)
            columns[f"words_{name}"] = layer @ weights - share
            share = layer @ weights
        columns["words_rarest"] = ((~layer) * weights).max(axis=1, initial=0.0)
        near = layer | _any(self._around(), spans)
        columns["words_near"] = near @ weights - share
        whole = self._of_pages()[self._page[first]]
        columns["words_page"] = (near | whole) @ weights - near @ weights
        # How much of the question another line of the page says that this one does not.
        columns["words_beside"] = self._best_of_page(weights)[self._page[first]] - (own @ weights)
        count = len(self._question.pairs) or 1
        layer, share = _any(self._pairs[0], spans), _any(self._pairs[0], spans).sum(axis=1) / count
        columns["pairs_own"] = share
        for name, more in zip(("heads", "above"), self._pairs[1:], strict=True):
            layer = layer | _any(more, spans)
            columns[f"pairs_{name}"] = layer.sum(axis=1) / count - share
            share = layer.sum(axis=1) / count
        # What one line with its heads says: words of several rows make no answer of them.
        each = (self._words[0] | self._words[1]) @ weights
        columns["words_line"] = _most(each, spans)
        columns["value_line"] = np.zeros(len(found))
        columns["pairs_line"] = _most((self._pairs[0] | self._pairs[1]).sum(axis=1) / count, spans)
        columns |= self._told_things(spans)
        columns |= self._told(found, spans, each)
        make = np.array([line.make for line in self._lines])
        for at, name in enumerate(MAKE):
            last = name in {"stop", "cut", "lead_in"}
            columns[name] = make[spans[:, 1] - 1 if last else first, at]
        sizes = np.array([len(line.text) for line in self._lines])
        size = np.add.reduceat(np.append(sizes, 0), spans.ravel())[::2]
        columns["length"] = np.log1p(size)
        columns["lines"] = (spans[:, 1] - first - 1).astype(float)
        columns["density"] = columns["words_own"] / np.sqrt(size / 4 + 4)
        columns |= self._ranked(found, passages)
        return np.column_stack([columns[name] for name in NAMES])

    def _around(self) -> NDArray[np.bool_]:
        """Return what each line's neighbours on its page hold."""
        own = self._words[0]
        found = np.zeros_like(own)
        for step in range(1, _NEAR + 1):
            same = self._page[step:] == self._page[:-step]
            found[step:][same] |= own[:-step][same]
            found[:-step][same] |= own[step:][same]
        return found

    def _of_pages(self) -> NDArray[np.bool_]:
        """Return what each page holds."""
        found = np.zeros((int(self._page.max(initial=-1)) + 1, self._words[0].shape[1]), np.bool_)
        np.logical_or.at(found, self._page, self._words[0])
        return found

    def _best_of_page(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the most that a line of each page says of the question."""
        found = np.zeros(int(self._page.max(initial=-1)) + 1)
        np.maximum.at(found, self._page, self._words[0] @ weights)
        return found

    def _told_things(self, spans: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
        count = len(spans)
        if not len(self._things):
            return dict.fromkeys(
                ("things_own", "things_heads", "things_above", "things_line", "things_lost"),
                np.zeros(count),
            )
        weights = self._things / self._things.sum()
        own = _any(self._named[0], spans)
        heads = own | _any(self._named[1], spans)
        above = heads | _any(self._named[2], spans)
        return {
            "things_own": own @ weights,
            "things_heads": heads @ weights - own @ weights,
            "things_above": above @ weights - heads @ weights,
            "things_line": _most((self._named[0] | self._named[1]) @ weights, spans),
            "things_lost": ((~above) * weights).max(axis=1, initial=0.0),
        }

    def _told(
        self,
        found: Sequence[Candidate],
        spans: NDArray[np.int64],
        each: NDArray[np.float64],
    ) -> dict[str, NDArray[np.float64]]:
        """Return what candidates tell of the kind of answer that is wanted, and of conditions.

        *each* is the share of the question that each line says with its heads.
        """
        intent, count = self._question.intent, len(found)
        wanted = set(intent.kinds)
        columns = dict.fromkeys(
            ("predicate", "value", "value_lacks", "value_unit", "value_head", "figures",
             "period_own", "period_above", "period_lacks", "town_own", "town_above", "town_front",
             "town_lacks", "defines", "most", "modal", "reason", "who", "lists", "steps",
             "compares", "contact", "decides"),
            np.zeros(count),
        )  # fmt: skip
        among = sorted({at for first, last in spans.tolist() for at in range(first, last)})

        def over(tell: Callable[[int], float]) -> NDArray[np.float64]:
            told = np.zeros(len(self._lines))
            for at in among:
                told[at] = tell(at)
            return _most(told, spans)

        lines = self._lines
        predicate = frozenset(intent.predicate)
        if predicate:
            columns["predicate"] = over(lambda at: float(bool(predicate & lines[at].words)))
        if wanted & VALUES:
            columns |= self._told_values(over, each)
        columns |= self._told_conditions(over)
        for name, kind in _TOLD_AS.items():
            if kind in wanted:
                tells = _TELLS[kind.value.replace("-", "_")]
                columns[name] = over(partial(self._tells, tells))
        if wanted & DECIDED:
            rows = deciding(lines, self._question.words, intent.wanted, self._reader)
            columns["decides"] = over(lambda at: float(at in rows))
        columns |= self._named_and_chosen(found, spans)
        return columns

    def _told_conditions(
        self, over: Callable[[Callable[[int], float]], NDArray[np.float64]]
    ) -> dict[str, NDArray[np.float64]]:
        """Return where the days and towns stand that the question names."""
        found: dict[str, NDArray[np.float64]] = {}
        conditions = self._question.intent.conditions
        towns = [town.name for town in conditions.towns]
        if towns:  # whose a document is stands on its first page
            found["town_front"] = over(partial(self._begins_with, towns))
        bounds = {
            "period": [partial(dated, one) for one in conditions.periods],
            "town": [partial(_names_town, one) for one in towns],
        }
        for name, said in bounds.items():
            if said:
                own = over(partial(self._says, said))
                held = np.maximum(own, over(partial(self._stands_under, said)))
                if name == "period" and self._question.then:
                    held = np.maximum(held, over(self._of_then))
                found[f"{name}_own"], found[f"{name}_above"] = own, held - own
                found[f"{name}_lacks"] = 1 - np.maximum(held, found.get(f"{name}_front", held))
        return found

    def _named_and_chosen(
        self, found: Sequence[Candidate], spans: NDArray[np.int64]
    ) -> dict[str, NDArray[np.float64]]:
        """Return how plainly a name is defined, and how many of the options are said."""
        intent = self._question.intent
        columns: dict[str, NDArray[np.float64]] = {}
        if Wanted.DEFINITION in intent.kinds and self._question.things:
            names = [name for name, _ in self._question.things]
            told = np.array([max(_defines(line, name) for name in names) for line in self._lines])
            columns["defines"] = told[spans[:, 0]]
        if intent.options:
            options = [GAPS.sub("", option) for option in intent.options]
            columns["compares"] = np.array([
                sum(any(one in line.flat for line in each.lines) for one in options) / len(options)
                for each in found
            ])  # fmt: skip
        return columns

    def _told_values(
        self,
        over: Callable[[Callable[[int], float]], NDArray[np.float64]],
        each: NDArray[np.float64],
    ) -> dict[str, NDArray[np.float64]]:
        """Return which figures of the wanted kind candidates give."""
        found: dict[str, NDArray[np.float64]] = {}
        units = [want.unit for want in self._question.intent.wanted if want.unit]
        given = over(lambda at: self._gives(self._lines[at]))
        found["value"] = (given > 0).astype(float)
        found["value_lacks"] = (given == 0).astype(float)
        found["value_unit"] = (given > 1).astype(float)
        found["value_line"] = over(lambda at: each[at] * (self._gives(self._lines[at]) > 0))
        found["figures"] = over(lambda at: float(any(map(str.isdigit, self._lines[at].text))))
        found["value_head"] = over(
            lambda at: float(any(unit in self._lines[at].under for unit in units))
        )
        return found

    def _says(self, said: Sequence[_Bound], at: int) -> float:
        """Return the share of bounds that a line or its heads name."""
        own, heads = self._lines[at], self._over[at][0]
        return sum(one(own) or one(heads) for one in said) / len(said)

    def _stands_under(self, said: Sequence[_Bound], at: int) -> float:
        """Return the share of bounds that are named above a line."""
        return sum(any(map(one, self._over[at][1:])) for one in said) / len(said)

    def _of_then(self, at: int) -> float:
        """Return 1 where a line is of an edition that was in force on the day asked about."""
        return float(self._lines[at].edition.key in self._question.then)

    def _begins_with(self, said: Sequence[str], at: int) -> float:
        """Return the share of names that the first page of a line's document says."""
        front = self._fronts[self._lines[at].edition.key]
        return sum(one in front for one in said) / len(said)

    def _tells(self, told: re.Pattern[str], at: int) -> float:
        """Return 1 where a line tells in such a way."""
        return float(told.search(self._lines[at].plain) is not None)

    def _gives(self, line: Line) -> float:
        """Return 1 where a line gives a figure of the kind that is wanted, 2 where of the unit."""
        found = 0.0
        for figure in line.figures:
            said = normalise(line.text[figure.start : figure.end])
            if said in self._question.plain:
                continue
            found = max(found, fits(self._question.intent, figure))
        return found

    def _ranked(
        self, found: Sequence[Candidate], passages: Sequence[Passage]
    ) -> dict[str, NDArray[np.float64]]:
        ranks = np.array([one.rank for one in found])
        page_rank: dict[tuple[str, int], int] = {}
        for one in found:
            page_rank.setdefault((one.first.edition.key, one.first.stored.page), len(page_rank))
        columns = {
            "rank": np.log1p(ranks),
            "page_rank": np.log1p(
                [page_rank[one.first.edition.key, one.first.stored.page] for one in found]
            ),
            "foreign": np.array([
                float(one.first.edition.document.language != self._question.intent.language)
                for one in found
            ]),
        }  # fmt: skip
        for leg in LEGS:
            scores = np.array([passage.legs.get(leg, 0.0) for passage in passages])
            most = scores.max(initial=0.0) or 1.0
            # Of two passages the best may be below the mean of its leg, and that far from it.
            columns[f"{leg.replace('-', '_')}_leg"] = np.clip(scores[ranks] / most, -1.0, 1.0)
        return columns


def _names_town(name: str, text: Line | Above) -> bool:
    return name in text.flat


def fits(intent: Intent, figure: Figure) -> float:
    """Return 0 where a figure is of no kind that is wanted, 2 where of its unit too, else 1."""
    found = 0.0
    for want in intent.wanted:
        clock = want.unit == "時" and figure.kind is Told.TIME
        if not clock and (want.kind not in VALUES or figure.kind not in GIVES[want.kind]):
            continue
        if want.unit and figure.unit == want.unit:
            return 2.0
        if want.unit and figure.kind in _UNITED:
            continue
        found = 1.0
    return found


def tells_contact(plain: str) -> bool:
    """Whether a normalised text gives a telephone number or an address to write to."""
    return _TELLS["contact"].search(plain) is not None


def _defines(line: Line, name: str) -> float:
    """Return how plainly a line tells what a name means: 1 as a definition, less in passing.

    A row tells it of what its first cell is, and a line that is nothing but the name is a label.
    """
    said = line.flat
    at = said.find(name)
    if at < 0:
        return 0.0
    if (
        line.stored.kind is Kind.ROW
        and GAPS.sub("", normalise(line.text.split("\t", 1)[0])) == name
    ):
        return 1.0
    behind = said[at + len(name) :].lstrip('」』)）"”')
    begins = at <= len("12「")
    if (
        behind.startswith(("とは", ":", "：", "=", "…", "とし、", "をいう"))
        or "という" in said[max(0, at - 5) : at]
    ):
        return 1.0 if begins else 0.7
    passing = behind.startswith(("は", "(", "（", "、")) or not behind
    return 0.5 if begins and passing else 0.0


def _layer(
    units: Sequence[str], above: Sequence[Above], *, pairs: bool = False
) -> NDArray[np.bool_]:
    """Return which units stand above each line; many lines share what is above them."""
    known: dict[int, NDArray[np.bool_]] = {}
    rows = []
    for one in above:
        row = known.get(id(one))
        if row is None:
            row = known[id(one)] = held(units, [one.pairs if pairs else one.words])[0]
        rows.append(row)
    return np.array(rows, dtype=np.bool_).reshape(len(above), len(units))


def _any(holds: NDArray[np.bool_], spans: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return what runs of up to three lines hold between them."""
    found = holds[spans[:, 0]]
    for step in range(1, TOGETHER):
        also = np.minimum(spans[:, 0] + step, len(holds) - 1)
        inside = spans[:, 0] + step < spans[:, 1]
        found = found | (holds[also] & inside[:, None])
    return found


def _most(told: NDArray[np.float64], spans: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the most that a line of each run tells."""
    found = told[spans[:, 0]]
    for step in range(1, TOGETHER):
        also = np.minimum(spans[:, 0] + step, len(told) - 1)
        found = np.where(spans[:, 0] + step < spans[:, 1], np.maximum(found, told[also]), found)
    return found
