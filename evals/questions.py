"""Questions with the pages and facts that answer them, and the folders they are read from.

Judgements name documents, editions and pages, never chunks: a set outlives every change of the
index. Three shapes are read: our JSON lines, a folder with `relevant` files and pages, and a
BEIR folder (`corpus.jsonl`, `queries.jsonl`, `qrels/`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from bot.asking.question import language_of
from evals.errors import BadQuestionSet

BUNDLED = Path(__file__).parent / "questions"
"""Where the sets that have a name lie."""

_OURS = {
    "id",
    "question",
    "language",
    "kind",
    "tags",
    "previous",
    "judgements",
    "facts",
    "unanswerable",
    "answer",
}
_FILES = {"id", "domain", "kind", "question", "answer", "relevant"}


@dataclass(frozen=True, slots=True)
class Place:
    """A page of an edition. *file* is the path in the corpus folder, *page* counts from 1."""

    document: str
    edition: str
    file: str
    page: int

    def __str__(self) -> str:
        return f"{self.document}@{self.edition} p.{self.page}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Pages that hold the answer: of a document's edition, or of a *file*.

    An empty *edition* accepts any. A *file* is matched by name, wherever in the corpus it lies.
    *grade* is above 0; more is better (only nDCG tells grades apart).
    """

    document: str = ""
    edition: str = ""
    file: str = ""
    pages: tuple[int, ...] = ()
    grade: int = 1

    def holds(self, place: Place) -> bool:
        """Whether the place is one of these pages."""
        if place.page not in self.pages:
            return False
        if self.file:
            return PurePosixPath(place.file).name == PurePosixPath(self.file).name
        return place.document == self.document and self.edition in ("", place.edition)

    def names(self) -> tuple[str, ...]:
        """Return one name for each page, in order; what a reader sees and a ranking is scored by."""
        work = self.file or (f"{self.document}@{self.edition}" if self.edition else self.document)
        return tuple(f"{work} p.{page}" for page in self.pages)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and how to tell a right answer.

    *facts* are what the quotations have to hold: each a tuple of strings that must all occur,
    with "|" between alternatives. *previous* are the earlier questions of the conversation,
    oldest first. *unanswerable* says why the corpus holds no answer; it is empty where one is
    held. *answer* is a reference in prose, or empty.
    """

    id: str
    text: str
    language: str = "ja"
    kind: str = ""
    tags: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    unanswerable: str = ""
    answer: str = ""

    @property
    def answerable(self) -> bool:
        """Whether the corpus holds an answer."""
        return not self.unanswerable

    @property
    def expected(self) -> tuple[str, ...]:
        """The names of the judged pages, in the order in which they are listed."""
        return tuple(dict.fromkeys(name for held in self.judgements for name in held.names()))

    def name_of(self, place: Place) -> str:
        """Return the judged page's name where the place is one, else the place's own name."""
        for judgement in self.judgements:
            if judgement.holds(place):
                return judgement.names()[judgement.pages.index(place.page)]
        return str(place)


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions in the order of their file; *sha256* is the hash of what they were read from."""

    name: str
    questions: tuple[Question, ...]
    sha256: str = ""

    def __len__(self) -> int:
        return len(self.questions)

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)

    def only(self, ids: Sequence[str]) -> QuestionSet:
        """Return the questions with these ids, in the set's order."""
        wanted = set(ids)
        return replace(
            self, questions=tuple(asked for asked in self.questions if asked.id in wanted)
        )

    def halves(
        self, *, times: int = 5, seed: int = 0
    ) -> tuple[tuple[QuestionSet, QuestionSet], ...]:
        """Return *times* random halves (to tune on, to test on), the same for the same seed.

        Of an odd number of questions the half to test on has one more.
        """
        return tuple(
            (self.only(tuning), self.only(testing))
            for tuning, testing in halves([asked.id for asked in self], times=times, seed=seed)
        )


def halves(
    ids: Sequence[str], *, times: int = 5, seed: int = 0
) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Cut *ids* at random into two halves, *times* over; the same ids and seed cut the same."""
    chance = random.Random(seed)  # noqa: S311 - a shuffle that can be repeated, not a secret
    cut = []
    for _ in range(times):
        shuffled = sorted(ids)
        chance.shuffle(shuffled)
        middle = len(shuffled) // 2
        cut.append((tuple(shuffled[:middle]), tuple(shuffled[middle:])))
    return tuple(cut)


def names() -> tuple[str, ...]:
    """Return the names of the bundled sets, in alphabetical order."""
    return tuple(sorted(path.stem for path in BUNDLED.glob("*.jsonl")))


def load(where: str | Path) -> QuestionSet:
    """Read a question set: the name of a bundled one, a JSON lines file, or a folder.

    Raises:
        BadQuestionSet: there is no such set, or a line of it cannot be used.
    """
    bundled = BUNDLED / f"{where}.jsonl"
    if str(where) in names():
        return _read_lines(bundled, name=str(where))
    path = Path(where)
    if path.is_file():
        return _read_lines(path, name=path.stem)
    if (path / "queries.jsonl").is_file():
        return _read_beir(path)
    if (path / "questions.jsonl").is_file():
        return _read_lines(path / "questions.jsonl", name=path.resolve().name)
    raise BadQuestionSet(
        str(where),
        f"neither a bundled set ({', '.join(names())}), nor a file of JSON lines, "
        "nor a folder with questions.jsonl or queries.jsonl",
    )


def _read_lines(path: Path, *, name: str) -> QuestionSet:
    """Read one question a line, in our shape or with `relevant` files and pages."""
    content = path.read_bytes()
    questions: list[Question] = []
    seen: set[str] = set()
    for number, line in _lines(path, content):
        try:
            asked = _by_file(line) if "relevant" in line else _ours(line)
        except (KeyError, TypeError, ValueError) as problem:
            raise BadQuestionSet(str(path), _clause(problem), number) from problem
        if asked.id in seen:
            raise BadQuestionSet(str(path), f'the id "{asked.id}" was used before', number)
        seen.add(asked.id)
        questions.append(asked)
    if not questions:
        raise BadQuestionSet(str(path), "there is no question in it")
    return QuestionSet(name, tuple(questions), sha256(content).hexdigest())


def _lines(path: Path, content: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a JSON lines file with their line numbers, from 1; blank lines pass."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise BadQuestionSet(str(path), "it is not UTF-8 text") from problem
    # Not splitlines(): it also cuts at characters that JSON allows inside a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as problem:
            raise BadQuestionSet(
                str(path), f"the line is not JSON ({problem})", number
            ) from problem
        if not isinstance(found, dict):
            raise BadQuestionSet(str(path), "the line is not a JSON object", number)
        yield number, found


def _clause(problem: Exception) -> str:
    """Return what is wrong with a line, as a clause."""
    if isinstance(problem, KeyError):
        return f'the key "{problem.args[0]}" is missing'
    return str(problem)


def _ours(line: Mapping[str, Any]) -> Question:
    _no_others(line, _OURS)
    judgements = tuple(_judgement(held) for held in line.get("judgements", ()))
    asked = Question(
        id=str(line["id"]),
        text=_text(line["question"]),
        language=str(line.get("language") or language_of(line["question"])),
        kind=str(line.get("kind", "")),
        tags=tuple(map(str, line.get("tags", ()))),
        previous=tuple(map(_text, line.get("previous", ()))),
        judgements=judgements,
        facts=tuple(tuple(map(_text, fact)) for fact in line.get("facts", ())),
        unanswerable=str(line.get("unanswerable") or ""),
        answer=str(line.get("answer", "")),
    )
    if asked.unanswerable and asked.judgements:
        message = f'question "{asked.id}" is called unanswerable but has judgements'
        raise ValueError(message)
    return asked


def _judgement(held: Mapping[str, Any]) -> Judgement:
    _no_others(held, {"document", "edition", "file", "pages", "grade"})
    if not held.get("document") and not held.get("file"):
        message = "a judgement names neither a document nor a file"
        raise ValueError(message)
    return Judgement(
        document=str(held.get("document", "")),
        edition=str(held.get("edition", "")),
        file=str(held.get("file", "")),
        pages=_pages(held["pages"]),
        grade=int(held.get("grade", 1)),
    )


def _by_file(line: Mapping[str, Any]) -> Question:
    _no_others(line, _FILES)
    pages: dict[str, list[int]] = {}
    for held in line["relevant"]:
        pages.setdefault(str(held["file"]), []).append(held["page"])
    return Question(
        id=str(line["id"]),
        text=_text(line["question"]),
        language=language_of(line["question"]),
        kind=str(line.get("kind", "")),
        tags=(str(line["domain"]),) if line.get("domain") else (),
        judgements=tuple(Judgement(file=file, pages=_pages(held)) for file, held in pages.items()),
        answer=str(line.get("answer", "")),
    )


def _no_others(line: Mapping[str, Any], known: set[str]) -> None:
    others = sorted(set(line) - known)
    if others:
        message = f'the key "{others[0]}" is not known'
        raise ValueError(message)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        message = f"{value!r} stands where a text is expected"
        raise ValueError(message)
    return value


def _pages(value: object) -> tuple[int, ...]:
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(page, int) and page >= 1 for page in value)
    ):
        message = f"{value!r} is not a list of page numbers from 1"
        raise ValueError(message)
    return tuple(dict.fromkeys(value))


def _read_beir(folder: Path) -> QuestionSet:
    """Read `queries.jsonl` and the test judgements; a document of the corpus is one page.

    Queries without a judgement are left out, as BEIR does.
    """
    qrels = _qrels_file(folder)
    queries = folder / "queries.jsonl"
    judged: dict[str, list[Judgement]] = {}
    for number, row in enumerate(qrels.read_text("utf-8").splitlines()[1:], start=2):
        if not row.strip():
            continue
        try:
            query, document, grade = row.split("\t")
            held = Judgement(document=document, pages=(1,), grade=int(grade))
        except ValueError as problem:
            reason = "the line is not a query, a document and a grade with tabs between"
            raise BadQuestionSet(str(qrels), reason, number) from problem
        if held.grade > 0:
            judged.setdefault(query, []).append(held)
    content = queries.read_bytes()
    questions: list[Question] = []
    for number, line in _lines(queries, content):
        try:
            name, text = str(line["_id"]), _text(line["text"])
        except (KeyError, ValueError) as problem:
            raise BadQuestionSet(str(queries), _clause(problem), number) from problem
        if name in judged:
            questions.append(
                Question(
                    id=name,
                    text=text,
                    language=language_of(text),
                    judgements=tuple(judged[name]),
                )
            )
    if not questions:
        raise BadQuestionSet(str(qrels), "it judges none of the queries")
    digest = sha256(content + qrels.read_bytes()).hexdigest()
    return QuestionSet(folder.resolve().name, tuple(questions), digest)


def _qrels_file(folder: Path) -> Path:
    """Return the judgements to use: those of the test split, else the only ones there are."""
    found = sorted((folder / "qrels").glob("*.tsv"))
    test = [path for path in found if path.stem == "test"]
    if test:
        return test[0]
    if len(found) == 1:
        return found[0]
    raise BadQuestionSet(str(folder / "qrels"), "there is no test.tsv and not exactly one other")
