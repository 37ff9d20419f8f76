"""Everything looked at, in one order; a look that fails hides no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tebiki import places
from tebiki.doctor import held, machine, services
from tebiki.doctor.findings import Finding, broken, told
from tebiki.settings import BadSettings, Settings, read, said, settings


def examined(
    *,
    home: Path | None = None,
    corpus: Path | None = None,
    name: str = "",
    listening: tuple[str, int] | None = None,
    every: bool = True,
) -> Iterator[Finding]:
    """Yield what there is to say of this installation, best read from the first to the last.

    *name* is that of a corpus where the home has several. *listening* is where the server would listen, None for not looking; with *every* each byte of
    the index is compared with its hash, which takes a second for 100 MB.
    """
    file = places.env_file(os.environ, Path.cwd())
    try:
        chosen = read(home=home, corpus=corpus, name=name)
        named = said(os.environ, file.path)
    except BadSettings as problem:
        # The rest is looked at as it would be without any setting.
        for line in str(problem).splitlines():
            yield broken(
                "settings", line, line, f"Correct {file.path}.", f"{file.path} を直してください。"
            )
        chosen, named = settings({}, home, corpus), {}
    else:
        yield from told("settings", lambda: machine.of_settings(chosen, named))
    yield from examination(chosen, listening=listening, every=every)


def examination(
    chosen: Settings, *, listening: tuple[str, int] | None = None, every: bool = True
) -> Iterator[Finding]:
    """Yield what there is to say of an installation with these settings."""
    yield from told("home", lambda: machine.of_home(chosen))
    generations = chosen.home / "generations"
    yield from told("disk", lambda: machine.of_disk(chosen, machine.size_of(generations)))
    if listening is not None:
        yield from told("port", lambda: machine.of_port(*listening))
    yield from told("clock", lambda: machine.of_clock(_made(chosen)))
    yield from told("proxy", lambda: machine.of_proxy(chosen, os.environ))
    yield from told("ways-out", lambda: machine.of_ways_out(chosen))
    yield from told("ocr", services.of_ocr)
    yield from told("dictionary", services.of_dictionary)
    yield from told("english", services.of_english)
    yield from told("index", lambda: held.of_index(chosen, every=every))
    yield from told("corpus", lambda: held.of_corpus(chosen))
    yield from told("ledger", lambda: held.of_ledger(chosen))
    yield from told("keys", lambda: held.of_keys(chosen))
    yield from told("embedding", lambda: services.of_embedding(chosen))
    yield from told("model", lambda: services.of_model(chosen))
    yield from told("shared", lambda: services.of_shared(chosen))
    yield from told("slack", lambda: services.of_slack(chosen))
    yield from told("mail", lambda: services.of_mail(chosen))


def _made(chosen: Settings) -> str:
    from index.errors import GenerationBroken

    try:
        manifest = held.manifest_of(chosen.home)
    except GenerationBroken:
        return ""
    return manifest.created if manifest else ""
