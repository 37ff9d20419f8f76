"""A new file on its way into the corpus: received, understood, looked at by a person, entered."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool

from api import problems
from api.page_summaries import POOR
from api.problems import Refused
from api.schemas.intake import (
    DatesRequest,
    EnteredResponse,
    EntryRequest,
    UnderstoodResponse,
    WirePoorPage,
    WorkRequest,
)
from bot.guard import remark
from bot.ledger.audit import Deed
from ingest import formats
from ingest.catalog import catalog, entries
from ingest.catalog.editions import Edition, hash_of
from ingest.errors import (
    AlreadyHeld,
    EntryMissing,
    FactsMissing,
    IngestError,
    MissingCorpus,
    UnreadablePdf,
)
from ingest.personal.finding import personal_pages
from ingest.reading import read_one
from ingest.translations import in_language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from ingest.catalog.editing import Entry
    from ingest.pages import EditionText

LASTS_S = 24 * 3600
"""How long a file waits to be confirmed before it is thrown away."""

_NAME = re.compile(r"[^/\\\x00-\x1f:*?\"<>|]{1,160}")
_LONGEST_NAME = 240
"""The bytes of a name that every file system takes."""
_ANY = "application/octet-stream"


class Intake:
    """Receives files into a folder of their own and enters those that a person confirmed."""

    def __init__(self, corpus: Path, uploads: Path) -> None:
        """Enter into *corpus* what was received in *uploads*."""
        self.corpus = corpus
        self.uploads = uploads
        self._arriving: set[str] = set()
        self._names = Lock()
        self._entering = Lock()

    @contextmanager
    def receiving(self, name: str) -> Iterator[Path]:
        """Give a place for a file of that name, alone in its folder; kept unless the block fails.

        Raises:
            Refused: 422 the name cannot be one; 409 another of that name is just arriving.
        """
        if (
            not _NAME.fullmatch(name)
            or name.startswith(".")
            or len(name.encode("utf-8", "replace")) > _LONGEST_NAME
        ):
            raise Refused(
                422,
                "ファイル名は、/ や : などの記号を含まない、短いものにしてください。",
                "The name must be a short one, without / or : and the like.",
            )
        if (problem := formats.unread(name)) is not None:
            raise _unreadable(name, problem)
        with self._names:
            if name in self._arriving:
                raise Refused(
                    409,
                    f"「{name}」は別の画面から送られている途中です。終わってからお試しください。",
                    f'"{name}" is just being sent by somebody else. Try again when it is done.',
                )
            self._arriving.add(name)
        self._clear_out()
        folder = self.uploads / secrets.token_hex(8)
        folder.mkdir(parents=True)
        try:
            yield folder / name
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            with self._names:
                self._arriving.discard(name)

    def understood(self, file: Path, language: Literal["ja", "en"]) -> UnderstoodResponse:
        """Read a file that was received and say what it seems to be.

        Raises:
            Refused: 422 it cannot be read; 409 the corpus holds it already.
        """
        with _in_words(file.name):
            text = _read(file)
            digest = hash_of(file)
            held = self._editions()
            same = next((each for each in held if each.sha256 == digest), None)
            if same is not None:
                raise Refused(
                    409,
                    f"同じ内容のファイルが「{same.document.title}」({same.label})としてすでにあります。",
                    f'The same file is here already: "{same.document.title}" ({same.label}).',
                )
            entry = entries.understood(self.corpus, file)
        missing = entries.missing(entry, held)
        return UnderstoodResponse(
            upload=file.parent.name,
            file=file.name,
            document=entry.document,
            title=entry.title,
            edition=entry.label,
            published=entry.published,
            in_force_from=entry.since,
            kind=entry.kind,
            publisher=entry.publisher,
            known=entry.known,
            missing=list(missing),
            notices=[
                *(_notice(what, entry, language) for what in _noticed(entry, missing)),
                *_personal(file.name, text, language),
            ],
            pages=len(text.pages),
            pages_are=text.pages[0].kind,
            poor_pages=[
                WirePoorPage(file=file.name, page=page.number, note=page.quality.note)
                for page in text.pages
                if page.quality.score < POOR or page.quality.note
            ],
        )

    def enter(self, asked: EntryRequest) -> Edition:
        """Put a confirmed file into the corpus and list it; nothing is ever overwritten.

        Raises:
            Refused: 404 no such upload; 409 it is there already; 422 a fact is missing.
        """
        with self._entering:
            file = next((self.uploads / asked.upload).glob("*"), None)
            if file is None:
                raise Refused(
                    404,
                    "このファイルはもう残っていません。もう一度追加してください。",
                    "This file is no longer kept. Add it again.",
                )
            with _in_words(file.name):
                entry = entries.understood(
                    self.corpus,
                    file,
                    document=asked.document or None,
                    title=asked.title or None,
                    label=asked.edition or None,
                    published=asked.published,
                    in_force_from=asked.in_force_from,
                )
                if not entry.known:
                    entry = replace(
                        entry,
                        kind=asked.kind or entry.kind,
                        publisher=entry.publisher if asked.publisher is None else asked.publisher,
                    )
                added = entries.add(self.corpus, file, entry)
            shutil.rmtree(file.parent, ignore_errors=True)
            return added

    def correct(self, asked: DatesRequest) -> Edition:
        """Put other days into the catalog.

        Raises:
            Refused: 404 the catalog lists no such edition.
        """
        with self._entering, _in_words(asked.document):
            return entries.correct(
                self.corpus,
                asked.document,
                asked.edition,
                published=asked.published,
                in_force_from=asked.in_force_from,
                groups=asked.groups,
                owner=asked.owner,
            )

    def retitle(self, asked: WorkRequest) -> Edition:
        """Put another title, kind or publisher into the catalog.

        Raises:
            Refused: 404 the catalog lists no such work.
        """
        with self._entering, _in_words(asked.document):
            return entries.retitle(
                self.corpus,
                asked.document,
                title=asked.title,
                kind=asked.kind,
                publisher=asked.publisher,
            )

    def _editions(self) -> Sequence[Edition]:
        try:
            return catalog.read(self.corpus).editions
        except MissingCorpus:
            return ()  # the first file of an empty folder

    def _clear_out(self) -> None:
        """Throw away what nobody confirmed."""
        oldest_s = time.time() - LASTS_S
        for folder in self.uploads.glob("*"):
            if folder.is_dir() and folder.stat().st_mtime < oldest_s:
                shutil.rmtree(folder, ignore_errors=True)


def install(
    app: FastAPI,
    intake: Intake,
    responses: dict[int | str, dict[str, Any]],
    noted: Callable[..., None],
) -> None:
    """Add the routes by which files come in; *noted* records what a request did."""

    @app.put(
        "/v1/admin/files/{name}",
        status_code=201,
        responses=responses,
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/pdf": {}, _ANY: {}}}
        },
        tags=["admin"],
    )
    async def receive(request: Request, name: str) -> UnderstoodResponse:
        """Receive a file and say what was understood of it; nothing is entered yet."""
        with intake.receiving(name) as file:
            with file.open("xb") as kept:
                async for part in request.stream():
                    kept.write(part)
            return await run_in_threadpool(intake.understood, file, problems.language(request))

    @app.post("/v1/admin/editions", status_code=201, responses=responses, tags=["admin"])
    def enter(request: Request, asked: EntryRequest) -> EnteredResponse:
        """Enter a file that was received, with what a person corrected; a refresh indexes it."""
        added = intake.enter(asked)
        what = {"edition": added.key, "file": added.path, "sha256": added.sha256}
        noted(request, Deed.DOCUMENT_ADDED, **what)
        return EnteredResponse.of(added)

    @app.post("/v1/admin/editions/dates", responses=responses, tags=["admin"])
    def correct(request: Request, asked: DatesRequest) -> EnteredResponse:
        """Correct what the catalog says of an edition; a refresh lets it count."""
        now = intake.correct(asked)
        days = {"published": now.published, "in_force_from": now.in_force_from}
        seen = {"groups": now.groups, "owner": now.document.owner}
        noted(request, Deed.DOCUMENT_CORRECTED, edition=now.key, **days, **seen)
        return EnteredResponse.of(now)

    @app.post("/v1/admin/editions/work", responses=responses, tags=["admin"])
    def retitle(request: Request, asked: WorkRequest) -> EnteredResponse:
        """Correct title, kind and publisher of a work that is listed; a refresh lets them count."""
        now = intake.retitle(asked)
        noted(
            request,
            Deed.DOCUMENT_CORRECTED,
            document=now.document.id,
            title=now.document.title,
            kind=str(now.document.kind),
            publisher=now.document.publisher,
        )
        return EnteredResponse.of(now)


def _read(file: Path) -> EditionText:
    # In a process of its own: a file that bloats or crashes its reader must not end this one.
    with tempfile.TemporaryDirectory() as cache:
        return read_one(file, cache=Path(cache), with_ocr=False)


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    """Turn what can be wrong with a file into a refusal in both languages."""
    try:
        yield
    except UnreadablePdf as error:
        raise _unreadable(name, error) from error
    except AlreadyHeld as error:
        raise Refused(
            409,
            f"この版はすでにあります({error.held})。別の版なら、版の名前を変えてください。",
            f"This edition is here already ({error.held}). If it is another, rename it.",
        ) from error
    except FactsMissing as error:
        ja, en = _MISSING[error.what]
        raise Refused(422, ja, en) from error
    except EntryMissing as error:
        raise Refused(
            404,
            f"「{name}」のこの版は文書の一覧にありません。ファイルを追加すると、日付も付けられます。",
            str(error),
        ) from error
    except IngestError as error:
        raise Refused(422, f"文書の一覧を使えません。({error})", str(error)) from error


def _unreadable(name: str, problem: UnreadablePdf) -> Refused:
    ja, en = (problem.why(language) for language in ("ja", "en"))
    return Refused(422, f"「{name}」は使えません。{ja}", f"{name}: {en}")


_MISSING = {
    "edition": (
        "版の名前を読み取れませんでした。「第2.0版」のように入力してください。",
        "The edition is not printed on its first pages. Name it, such as 第2.0版.",
    ),
    "day": (
        "施行日を読み取れませんでした。前の版と区別するため、入力してください。",
        "No date is printed on its first pages. Give its first day in force.",
    ),
}


def _personal(name: str, text: EditionText, language: Literal["ja", "en"]) -> list[str]:
    """Say on which pages the document seems to hold personal data."""
    pages = personal_pages(page.text for page in text.pages)
    return [in_language(remark(name, pages), language)] if pages else []


def _noticed(entry: Entry, missing: Sequence[str]) -> tuple[str, ...]:
    return (*missing, "known" if entry.known else "new")


def _notice(what: str, entry: Entry, language: Literal["ja", "en"]) -> str:
    ja, en = {
        **_MISSING,
        "known": (
            f"「{entry.title}」の新しい版として加えます。前の版は、施行日から旧版になります。",
            f'It becomes one more edition of "{entry.title}" and supersedes the one before it.',
        ),
        "new": (
            "新しい文書として加えます。すでにある文書の版なら、「文書」で選んでください。",
            "It becomes a new document. If it is an edition of one that is here, choose that.",
        ),
    }[what]
    return ja if language == "ja" else en
