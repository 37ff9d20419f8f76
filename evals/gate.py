"""May this candidate go live? A pure comparison of what was in force with what would be."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from evals.comparison import Change, Difference, compare
from evals.runs import Result, Run
from index.passages import Library
from ingest.catalog.editions import Edition
from ingest.translations import Bilingual


@dataclass(frozen=True, slots=True)
class Limits:
    """How much worse a candidate may be.

    A fall of a measure's mean is refused when it is larger than *drop* and, by a paired
    randomisation over the same questions, less probable than *chance* if nothing changed:
    three questions lost and none won are (1 in 8), two are not. That holds over all questions
    and over those of each language. *unreadable* is the share of the pages that may stay unread
    (or as many as in what is in force), *shrink* the share of its characters that a document
    may lose from one edition or reading to the next.
    """

    drop: float = 0.02
    chance: float = 0.15
    unreadable: float = 0.1
    shrink: float = 0.3


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a document could be read: *unreadable* are page numbers from 1, in order."""

    document: str
    edition: str
    pages: int
    unreadable: tuple[int, ...]
    characters: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the candidate may go live, and why not, one sentence a reason.

    *lost* are the questions behind a fall, worst first. *notes* are worth reading either way.
    """

    allowed: bool
    reasons: tuple[Bilingual, ...] = ()
    lost: tuple[Change, ...] = ()
    notes: tuple[Bilingual, ...] = ()
    differences: tuple[Difference, ...] = field(default=(), repr=False)


_NAMED = 3

POOR = 0.3
"""Below this plausibility a page counts as unread."""


def coverage(library: Library, editions: Sequence[Edition]) -> tuple[Coverage, ...]:
    """Return how much of each held edition the library could read, in order.

    A page without text counts as unread only where its reader noted why: a blank one is read.
    """
    found: list[Coverage] = []
    for edition in editions:
        text = library.text(edition)
        unreadable = tuple(
            page.number for page in text.pages if page.quality.note and page.quality.score < POOR
        )
        characters = sum(not character.isspace() for character in text.text)
        found.append(
            Coverage(edition.document.id, edition.label, len(text.pages), unreadable, characters)
        )
    return tuple(found)


def decide(
    before: Run | None,
    after: Run | None,
    *,
    read_before: Sequence[Coverage] = (),
    read_after: Sequence[Coverage] = (),
    withdrawn: Collection[str] = (),
    limits: Limits | None = None,
) -> Verdict:
    """Say whether a candidate may take the place of what is in force.

    Args:
        before: the run of what is in force, or None when there is nothing to fall from.
        after: the run of the candidate on the same questions, or None when there are none.
        read_before: how much of what is in force could be read.
        read_after: how much of the candidate could be read.
        withdrawn: ids of documents taken out on purpose: questions that only they answer
            and their vanished characters are no reason.
        limits: how much worse it may be.
    """
    bounds = limits or Limits()
    differences = _differences(before, after, frozenset(withdrawn))
    fallen = [(held, "") for held in differences if _falls(held, bounds)]
    overall = {held.measure for held, _ in fallen}
    for language in sorted({result.language for result in before.results} if before else ()):
        fallen += [
            (held, language)
            for held in _differences(before, after, frozenset(withdrawn), language)
            if held.measure not in overall and _falls(held, bounds)
        ]
    reasons = (
        *(_said(held, language) for held, language in fallen),
        *_too_much_unread(read_before, read_after, bounds),
        *_shrunken(read_before, read_after, frozenset(withdrawn), bounds),
    )
    lost: dict[str, Change] = {}
    for held, _ in fallen:
        for change in held.losses:
            lost.setdefault(change.after.id, change)
    known = {held.measure for held, _ in fallen}
    return Verdict(
        allowed=not reasons,
        reasons=reasons,
        lost=tuple(lost.values()),
        notes=_notes(before, after, [held for held in differences if held.measure not in known]),
        differences=differences,
    )


def _differences(
    before: Run | None, after: Run | None, withdrawn: frozenset[str], language: str = ""
) -> tuple[Difference, ...]:
    """Compare the runs over the questions that documents still held can answer."""
    if before is None or after is None:
        return ()
    kept = tuple(
        result
        for result in before.results
        if not _gone(result, withdrawn) and language in ("", result.language)
    )
    names = {result.id for result in kept}
    if not any(result.id in names for result in after.results):
        return ()
    return compare(replace(before, results=kept), after).differences


def _gone(result: Result, withdrawn: frozenset[str]) -> bool:
    """Whether only withdrawn documents answer the question."""
    works = {name.rpartition(" p.")[0].partition("@")[0] for name in result.expected}
    return bool(works) and works <= withdrawn


def _falls(held: Difference, limits: Limits) -> bool:
    # The subtraction of two means may miss the limit by a rounding error.
    too_far = held.gain < -limits.drop - 1e-9
    # Only falls are refused, so only that side of the symmetrical distribution counts.
    return too_far and held.chance / 2 < limits.chance


def _said(held: Difference, language: str) -> Bilingual:
    en, ja = (
        _LANGUAGES.get(language, (f" in {language}", f"（{language}）")) if language else ("", "")
    )
    return Bilingual(
        f"{held.measure} falls from {held.before:.3f} to {held.after:.3f} over {held.count} "
        f"questions{en}: {len(held.losses)} got worse, {len(held.wins)} better",
        f"{_in_japanese(held.measure)}が、質問{held.count}件{ja}で{held.before:.3f}から{held.after:.3f}に"
        f"下がります（悪くなる質問{len(held.losses)}件、良くなる質問{len(held.wins)}件）",
    )


_LANGUAGES = {"ja": (" in Japanese", "（日本語）"), "en": (" in English", "（英語）")}


def _in_japanese(measure: str) -> str:
    """Say what a measure of retrieval counts, with its name; of any other, its name."""
    name, _, cutoff = measure.partition("@")
    told = {
        "Success": f"正しいページが上位{cutoff}件に入る割合",
        "RR": "正しいページの順位の良さ",
        "nDCG": "正しいページの並びの良さ",
    }.get(name)
    return f"{told}（{measure}）" if told else measure


def _too_much_unread(
    before: Sequence[Coverage], after: Sequence[Coverage], limits: Limits
) -> tuple[Bilingual, ...]:
    """Refuse a share of unread pages above the limit, unless what is in force is no better."""
    share = _unread_share(after)
    if share <= max(limits.unreadable, _unread_share(before)):
        return ()
    worst = sorted((held for held in after if held.unreadable), key=lambda h: -len(h.unreadable))
    named = "; ".join(
        f"{held.document}@{held.edition} p.{', '.join(map(str, held.unreadable))}" for held in worst
    )
    said = f"{share:.0%} of the pages cannot be read, more than {limits.unreadable:.0%}"
    return (
        Bilingual(
            f"{said} (scans can, where OCR is installed: 'tebiki ocr'): {named}",
            f"ページの{share:.0%}が読めません（上限は{limits.unreadable:.0%}。「tebiki ocr」で"
            f"スキャンも読めるようになります）: {named}",
        ),
    )


def _unread_share(read: Sequence[Coverage]) -> float:
    pages = sum(held.pages for held in read)
    return sum(len(held.unreadable) for held in read) / pages if pages else 0.0


def _shrunken(
    before: Sequence[Coverage],
    after: Sequence[Coverage],
    withdrawn: frozenset[str],
    limits: Limits,
) -> tuple[Bilingual, ...]:
    was, now = _characters(before), _characters(after)
    return tuple(
        Bilingual(
            f"{document} shrinks from {count:,} to {now.get(document, 0):,} characters, "
            f"by more than {limits.shrink:.0%}",
            f"「{document}」の文字数が{count:,}から{now.get(document, 0):,}に減ります"
            f"（{limits.shrink:.0%}を超える減り方です）",
        )
        for document, count in was.items()
        if document not in withdrawn and now.get(document, 0) < count * (1 - limits.shrink)
    )


def _characters(read: Sequence[Coverage]) -> Mapping[str, int]:
    """Return each document's characters, of the longest edition that was read."""
    found: dict[str, int] = {}
    for held in read:
        found[held.document] = max(found.get(held.document, 0), held.characters)
    return found


def _notes(
    before: Run | None, after: Run | None, standing: Sequence[Difference]
) -> tuple[Bilingual, ...]:
    """Say what was not compared, and which of the measures that stand fell within the limits."""
    if before is None or after is None or not after.results:
        return (
            Bilingual(
                "No question asks about these documents, so only their pages were checked. Your "
                "own questions (questions.jsonl beside the documents) are asked at every refresh.",
                "これらの文書についての質問がないため、ページだけを確かめました。文書と同じフォルダーの"
                "questions.jsonlに質問を書いておくと、更新のたびに確かめます。",
            ),
        )
    return tuple(
        Bilingual(
            f"{held.measure} falls from {held.before:.3f} to {held.after:.3f}, which is within the "
            f"limits. Worse: {', '.join(f'“{c.after.question}”' for c in held.losses[:_NAMED])}.",
            f"{_in_japanese(held.measure)}が{held.before:.3f}から{held.after:.3f}に下がりますが、許容の"
            f"範囲内です。悪くなる質問: {''.join(f'「{c.after.question}」' for c in held.losses[:_NAMED])}",
        )
        for held in standing
        if held.gain < 0
    )
