"""Every pattern of the modules that read what users write, and the texts that are worst for it."""

from __future__ import annotations

import importlib
import pkgutil
import re
import re._constants as codes  # type: ignore[import-not-found]  # the parser has no other name
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from types import ModuleType
from typing import Any


def modules(*packages: str) -> Iterator[ModuleType]:
    """Yield the modules of some packages and of those below them."""
    for name in packages:
        package = importlib.import_module(name)
        yield package
        for found in pkgutil.walk_packages(getattr(package, "__path__", []), f"{name}."):
            if ".migrations" not in found.name:
                yield importlib.import_module(found.name)


def patterns(*packages: str) -> dict[str, re.Pattern[str]]:
    """Return the patterns that modules hold at their top, also in tables, or make once and keep."""
    found: dict[str, re.Pattern[str]] = {}
    for module in modules(*packages):
        for name, value in vars(module).items():
            for at, pattern in enumerate(_patterns_in(value)):
                found.setdefault(pattern.pattern, pattern)
                found[f"{module.__name__}.{name}[{at}]"] = found.pop(pattern.pattern)
    return found


def _patterns_in(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _patterns_in(each)
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            yield from _patterns_in(each)
    elif getattr(value, "cache_info", None) and _makes_a_pattern(value):
        yield from _patterns_in(value())  # type: ignore[operator]


def _makes_a_pattern(function: Any) -> bool:  # noqa: ANN401 - a cached function
    told = getattr(function, "__annotations__", {})
    return list(told) == ["return"] and "Pattern" in str(told["return"])


def worst_for(pattern: re.Pattern[str], length: int) -> Iterator[str]:
    """Yield texts of one length: each thing that the pattern takes, over and over, and pairs."""
    pieces = list(dict.fromkeys(_pieces(parser.parse(pattern.pattern, pattern.flags))))[:24]
    pairs = [one + other for one, other in pairwise(pieces)]
    whole = "".join(pieces)
    for piece in [*pieces, *pairs[:12], whole]:
        if piece:
            yield (piece * (length // len(piece) + 1))[: length - 1] + "\0"


def _pieces(parsed: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    run = ""
    for kind, value in parsed:
        if kind is codes.LITERAL:
            run += chr(value)
            continue
        if run:
            yield run
            run = ""
        yield from _pieces_of(kind, value)
    if run:
        yield run


def _pieces_of(kind: Any, value: Any) -> Iterator[str]:  # noqa: ANN401 - the parser's own
    if kind is codes.IN:
        yield from _of_class(value)
    elif kind in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
        yield from _pieces(value[2])
    elif kind is codes.SUBPATTERN:
        yield from _pieces(value[3])
    elif kind is codes.BRANCH:
        for branch in value[1]:
            yield from _pieces(branch)
    elif kind in {codes.ASSERT, codes.ASSERT_NOT}:
        yield from _pieces(value[1])
    elif kind in {codes.ANY, codes.NOT_LITERAL}:
        yield "a"


_CATEGORIES = {
    codes.CATEGORY_DIGIT: "1",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_NOT_WORD: "-",
    codes.CATEGORY_NOT_DIGIT: "a",
}


def _of_class(items: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    held = list(items)
    if held and held[0][0] is codes.NEGATE:
        yield "々"
        return
    for kind, value in held[:3]:
        if kind is codes.LITERAL:
            yield chr(value)
        elif kind is codes.RANGE:
            yield chr(value[0])
        elif kind is codes.CATEGORY:
            yield _CATEGORIES.get(value, "a")
