"""`tebiki status`: what is indexed, and how each page was read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ingest.translations import Bilingual
from tebiki.building import hold_current, today, tokens_of
from tebiki.commands.options import Common
from tebiki.commands.output import out, print_json, say, spoken

if TYPE_CHECKING:
    from index.generations.manifests import Manifest


def status(
    *,
    given: Common,
    pages: Annotated[
        str | None, typer.Option("--pages", help="Say how each page of a document was read.")
    ] = None,
) -> None:
    """Say what is indexed: documents, editions in force, and what the index was made with."""
    chosen = given.settings()
    from index.errors import IndexMissing
    from index.generations import manifests, pointers
    from index.refresh import reports
    from index.search.dictionary import at_hand
    from ingest.pdf import ocr_engines

    hold_current(chosen)
    name = pointers.current(chosen.home)
    if name is None:
        raise IndexMissing(str(chosen.home))
    folder = manifests.folder_of(chosen.home, name)
    manifest = manifests.read_manifest(folder)
    if pages is not None:
        _say_pages(folder, manifest, pages, as_json=given.as_json)
        return
    from ingest.catalog.editions import in_force

    now = in_force(manifest.editions, today())
    from bot.writing.breaker import resting

    model, tokens, rest = chosen.model, tokens_of(chosen), resting(chosen.home)
    if given.as_json:
        told = model and {
            "name": f"{model.kind}/{model.name}",
            "tokens_a_day": model.tokens_a_day,
            "tokens_today": tokens.used() if tokens else None,
            "left_alone": rest and {"until": round(rest.until), "reason": rest.reason},
        }
        print_json(
            {**reports.manifest_json(manifest, now), "model": told, "ocr": ocr_engines.reads_with()}
        )
        return
    say(
        spoken(
            f"{manifest.id}, made {manifest.created}: {manifest.pages} pages, "
            f"{manifest.chunks} passages"
        )
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("document", "title", "edition", "kind", "state"):
        table.add_column(heading)
    for edition in manifest.editions:
        state = "in force" if edition in now else "superseded"
        table.add_row(
            edition.document.id,
            edition.document.title,
            edition.label,
            edition.document.kind,
            state if edition.held else "not held",
        )
    out.print(table)
    for line in reports.kept_lines(manifest):
        out.print(line, markup=False)
    none = Bilingual('none ("tebiki dictionary" fetches it)', "なし（「tebiki dictionary」で取得）")
    say(spoken(f"dictionary for English questions: {at_hand() or spoken(none)}"))
    nothing = spoken(Bilingual("nothing", "なし"))
    say(spoken(f"scans are read with: {ocr_engines.reads_with() or nothing}"))
    if model is not None:
        used = ""
        if tokens:
            so_far, most = f"{tokens.used():,}", f"{tokens.a_day:,}"
            used = spoken(
                Bilingual(
                    f": {so_far} of today's {most} tokens used",
                    f"（今日のトークン {so_far} / {most}）",
                )
            )
        say(spoken(f"language model {model.kind}/{model.name}{used}"))
    if model is not None and rest is not None:
        until = datetime.fromtimestamp(rest.until).astimezone()
        say(spoken(f"  left alone until {until:%H:%M:%S}: {rest.reason}"))


def _say_pages(folder: Path, manifest: Manifest, document: str, *, as_json: bool) -> None:
    """Say of each page of a document's editions which engine read it, and how plausible it is."""
    from index.generations.manifests import text_of
    from index.refresh import reports
    from ingest.pages import load

    held = [e for e in manifest.editions if e.held and e.document.id == document]
    if not held:
        known = ", ".join(dict.fromkeys(e.document.id for e in manifest.editions if e.held))
        raise typer.BadParameter(f"{document} is not held; held are {known}", param_hint="--pages")
    read = reports.pages_json((edition, load(text_of(folder, edition))) for edition in held)
    if as_json:
        print_json({"document": document, "pages": read})
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("edition", "page", "label", "engine", "score", "characters", "note"):
        table.add_column(heading, justify="right" if heading in {"page", "characters"} else "left")
    for row in read:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    out.print(table)
