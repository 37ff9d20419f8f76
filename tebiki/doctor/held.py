"""What the home holds: the index and what it was made of, the record of answers, the keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tebiki.building import configured_embedder, place_of, today
from tebiki.doctor.findings import Finding, broken, look, ok
from tebiki.places import BUNDLED
from tebiki.refreshing import reader
from tebiki.settings import Settings

if TYPE_CHECKING:
    from index.generations.manifests import Manifest

SOON_DAYS = 14
"""So many days before its end a key is mentioned."""

_NAMED = 5


def manifest_of(home: Path) -> Manifest | None:
    """Return what the current generation says of itself; None where there is none.

    Raises:
        GenerationBroken: the pointer or the manifest is damaged.
    """
    from index.generations import manifests, pointers

    name = pointers.current(home)
    return manifests.read_manifest(manifests.folder_of(home, name)) if name else None


def of_index(chosen: Settings, *, every: bool) -> Iterator[Finding]:
    """Say how old the index is, whether it is whole, and made as it would be now.

    With *every* each byte of its files is compared with its hash.
    """
    from index.errors import GenerationBroken

    back_en, back_ja = (
        'Run "tebiki refresh"; "tebiki rollback" returns to an earlier index at once.',
        "「tebiki refresh」を実行してください。「tebiki rollback」なら、すぐに前の索引に戻ります。",
    )
    try:
        manifest = manifest_of(chosen.home)
    except GenerationBroken as problem:
        yield broken("index", str(problem), f"索引が傷んでいます。{problem}", back_en, back_ja)
        return
    if manifest is None:
        yield broken(
            "index", f"{chosen.home} holds no index.", f"{chosen.home} に索引がありません。",
            'Run "tebiki refresh".', "「tebiki refresh」を実行してください。",
        )  # fmt: skip
        return
    days = (datetime.now(UTC) - datetime.fromisoformat(manifest.created)).days
    yield ok(
        "index",
        f"{manifest.id} of {manifest.created[:10]} ({days} days ago): {manifest.pages} pages.",
        f"{manifest.id}、{manifest.created[:10]} 作成（{days}日前）、{manifest.pages}ページ。",
    )
    yield _recipe(chosen, manifest)
    yield _damage(chosen, manifest, back_en, back_ja, every=every)


def _recipe(chosen: Settings, manifest: Manifest) -> Finding:
    from index.refresh.plan import embedder_name, recipe
    from index.refresh.resources import GLOSSARY
    from index.search import glossary

    common = glossary.read(BUNDLED / GLOSSARY)
    words = glossary.hash_of(common.joined(glossary.read(chosen.corpus / GLOSSARY)))
    embedder = embedder_name(configured_embedder(chosen))
    now = recipe(embedder, words, reader(), place_of(chosen))
    other = sorted(name for name in now if manifest.recipe.get(name) != now[name])
    if not other:
        return ok("recipe", "A new index would be made alike.", "今の設定と同じ作り方です。")
    named = ", ".join(other)
    return look(
        "recipe", f"A new index would be made otherwise ({named}).",
        f"今なら別の作り方になります（{named}）。",
        'Run "tebiki refresh"; it reads and builds what that changes.',
        "「tebiki refresh」を実行すると、必要なところを作り直します。",
    )  # fmt: skip


def _damage(chosen: Settings, manifest: Manifest, en: str, ja: str, *, every: bool) -> Finding:
    from index.generations import manifests

    folder = manifests.folder_of(chosen.home, manifest.id)
    found = list(manifests.damaged(folder, manifest, every=every))
    found += [n for n in manifest.files if n not in found and not (folder / n).is_file()]
    held = [edition for edition in manifest.editions if edition.held]
    lost = [e.key for e in held if not manifests.pdf_of(chosen.home, e).is_file()]
    if not chosen.shared:  # a replica brings PDFs when they are asked for
        found += [f"pdfs: {key}" for key in lost]
    if found:
        named = ", ".join(found[:_NAMED])
        return broken(
            "damage", f"{len(found)} files are damaged or missing ({named}).",
            f"{len(found)}件のファイルが傷んでいるか、ありません（{named}）。", en, ja,
        )  # fmt: skip
    return ok("damage", "Nothing is damaged.", "傷みはありません。")


def of_corpus(chosen: Settings) -> Iterator[Finding]:
    """Say whether the folder of documents is there, newer than the index, or partly unreadable."""
    from index.errors import GenerationBroken
    from index.refresh.unusable import recorded

    corpus = chosen.corpus
    if not corpus.is_dir():
        if chosen.shared:
            yield ok("corpus", "A replica needs none.", "複製側では不要です。")
            return
        yield broken(
            "corpus", f"{corpus} is no folder.", f"{corpus} というフォルダーがありません。",
            "Name the folder of PDFs in TEBIKI_CORPUS, or attach the disk it is on.",
            "PDFのフォルダーを TEBIKI_CORPUS に書くか、そのディスクをつないでください。",
        )  # fmt: skip
        return
    try:
        manifest = manifest_of(chosen.home)
    except GenerationBroken:
        manifest = None
    failed = [each for each in recorded(chosen.home) if (corpus / each.path).exists()]
    named = {each.path for each in failed}
    newer = [name for name in _newer(corpus, manifest) if name not in named]
    if newer:
        some = ", ".join(newer[:_NAMED])
        yield look(
            "corpus", f"{len(newer)} files came or changed since the index was made ({some}).",
            f"索引を作った後に加わったか変わったファイルが{len(newer)}件あります（{some}）。",
            'Run "tebiki refresh".', "「tebiki refresh」を実行してください。",
        )  # fmt: skip
    for each in failed:
        yield look(
            "corpus", f"{each.path}: {each.reason}",
            f"{each.path}: {each.why('ja')}", each.advice, "",
        )  # fmt: skip
    if not newer and not failed:
        yield ok("corpus", f"{corpus} is indexed as it is.", f"{corpus} は索引のとおりです。")


def _newer(corpus: Path, manifest: Manifest | None) -> list[str]:
    """Return the PDFs that came or changed after an index was made; only those are hashed."""
    from ingest.catalog.editions import hash_of

    if manifest is None:
        return []
    made = datetime.fromisoformat(manifest.created).timestamp()
    known = {edition.sha256 for edition in manifest.editions}
    found = (path for path in corpus.rglob("*.pdf") if not path.name.startswith("."))
    changed = [path for path in found if path.is_file() and path.stat().st_ctime > made]
    return sorted(p.relative_to(corpus).as_posix() for p in changed if hash_of(p) not in known)


def of_ledger(chosen: Settings) -> Iterator[Finding]:
    """Say whether the record of answers can be read and is whole; a lost one is mentioned."""
    from bot.ledger.ledger import FILE

    restore_en, restore_ja = (
        'Stop Tebiki and put back a backup ("tebiki restore"); without one a new record begins.',
        "Tebikiを止めて、バックアップから戻してください（tebiki restore）。なければ、新しい記録が始まります。",
    )
    if chosen.database_url:
        yield from _postgresql(chosen)
    else:
        file = chosen.home / FILE
        if not file.exists():
            yield ok("ledger", "No question is recorded yet.", "まだ質問の記録はありません。")
        elif said := _damage_of(file):
            yield broken(
                "ledger", f"{file} is damaged ({said}).", f"{file} が傷んでいます（{said}）。",
                restore_en, restore_ja,
            )  # fmt: skip
        else:
            size = file.stat().st_size / 1e6
            yield ok(
                "ledger",
                f"{file} is whole, {size:.1f} MB.",
                f"{file} は正常です（{size:.1f} MB）。",
            )
    for lost in sorted(chosen.home.glob("ledger.damaged-*.sqlite")):
        yield look(
            "ledger", f"{lost.name} was set aside as damaged.", f"傷んだ記録が {lost.name} として残っています。",
            "Keep it until a backup was put back, then remove it.",
            "バックアップから戻した後で、消してください。",
        )  # fmt: skip


def _damage_of(file: Path) -> str:
    """Return what SQLite says is wrong with a file, empty for nothing; nothing is written."""
    try:
        address = f"{file.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=2)) as opened:
            said = str(opened.execute("PRAGMA quick_check(1)").fetchone()[0])
            return "" if said == "ok" else said
    except sqlite3.Error as problem:
        return str(problem)


def _postgresql(chosen: Settings) -> Iterator[Finding]:
    from bot.ledger.database import Database
    from bot.ledger.errors import LedgerUnavailable
    from tebiki.doctor.machine import reached

    try:
        address = Database.server_of(chosen.database_url)
        # Its own client waits for ten seconds.
        why = reached(*address) if address else ""
        if not why:
            Database(chosen.database_url).close()
        name = ":".join(map(str, address or ())) or "PostgreSQL"
    except LedgerUnavailable as problem:
        name, why = "PostgreSQL", str(problem)
    if why:
        yield broken(
            "ledger", f"{name} cannot be used ({why}).", f"{name} を使えません（{why}）。",
            "Start the server, or correct TEBIKI_DATABASE_URL; answers go out unrecorded meanwhile.",
            "サーバーを起動するか、TEBIKI_DATABASE_URL を直してください。その間の回答は記録されません。",
        )  # fmt: skip
    else:
        yield ok("ledger", f"{name} answers.", f"{name} につながります。")


def of_keys(chosen: Settings, on: date | None = None) -> Iterator[Finding]:
    """Say how many keys open something, and which end soon or have ended."""
    from api.keys import BrokenKeys, Keys

    day = on or today()
    try:
        held = Keys(chosen.home / "keys.json").all()
    except BrokenKeys as problem:
        yield broken(
            "keys", f"The list of keys cannot be read ({problem.reason}).",
            f"鍵の一覧を読めません（{problem.reason}）。",
            f"Put {problem.path} back from a backup, or remove it and make new keys.",
            f"{problem.path} をバックアップから戻すか、消して作り直してください。",
        )  # fmt: skip
        return
    valid = [key for key in held if key.opens(day)]
    if held and not valid:
        yield broken(
            "keys", "Every key has ended: nobody is let in with one.", "有効な鍵がありません。",
            'Make one: "tebiki keys create NAME".', "「tebiki keys create 名前」で作ってください。",
        )  # fmt: skip
    elif held:
        yield ok("keys", f"{len(valid)} keys open.", f"有効な鍵が{len(valid)}本あります。")
    else:
        yield ok(
            "keys",
            "There are no keys: only this machine may ask.",
            "鍵はなく、この機械からだけ使えます。",
        )
    for key in valid:
        if key.expires and (key.expires - day).days <= SOON_DAYS:
            yield look(
                "keys", f"The key of {key.name} ends on {key.expires}.",
                f"{key.name} の鍵は {key.expires} に切れます。",
                'Make another: "tebiki keys create NAME".', "「tebiki keys create 名前」で作り直してください。",
            )  # fmt: skip
