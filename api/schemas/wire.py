"""What every schema is made from, and what is said when something went wrong."""

from __future__ import annotations

import re
from contextvars import ContextVar
from datetime import date
from typing import Annotated
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _as_written(given: object) -> object:
    """Let through a day as people write it: 0 is no day, though 1970-01-01 could be meant by it."""
    if isinstance(given, str) and not _DAY.fullmatch(given):
        given = 0
    if isinstance(given, int | float):
        raise PydanticCustomError("date_from_datetime_parsing", "a date such as 2026-04-01")
    return given


Day = Annotated[date, BeforeValidator(_as_written)]
"""A day, written 2026-04-01."""


CORPUS: ContextVar[str] = ContextVar("corpus", default="")
"""Which of the corpora of a server a request is about, "" where there is only one (`api.corpora`)."""


def corpus_here() -> str:
    """Return the name of the corpus that the request is about."""
    return CORPUS.get()


def below(address: str, corpus: str | None = None) -> str:
    """Return an address of a corpus, that of the request where none is given, from the server's root.

    >>> below("/v1/documents", "town")
    '/c/town/v1/documents'
    """
    name = corpus_here() if corpus is None else corpus
    return f"/c/{quote(name)}{address}" if name else address


class Wire(BaseModel):
    """What we send: frozen, and every field always there."""

    model_config = ConfigDict(frozen=True)


class Asked(BaseModel):
    """What we are sent: an unknown key is a mistake that we name rather than ignore."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Wire):
    """RFC 9457: what went wrong, in words for a person, with *title* in English for programs."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str
