"""Changes between two editions, told in sentences and shown side by side on a page."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher
from html import escape
from typing import TYPE_CHECKING, Literal

from index.revisions.changes import Kind, What

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from index.revisions.changes import Change, Revision, Spot

Language = Literal["ja", "en"]
_LONGEST = 80
# Runs of equal characters shorter than this between two differences are shown as different.
_SHORTEST_EQUAL = 2

_KINDS = {
    "ja": {
        Kind.ADDED: "追加", Kind.REMOVED: "削除", Kind.CHANGED: "変更", Kind.MOVED: "移動",
        Kind.RENUMBERED: "番号の変更", Kind.RETITLED: "見出しの変更", Kind.SPLIT: "分割",
        Kind.MERGED: "統合",
    },
    "en": {kind: str(kind) for kind in Kind},
}  # fmt: skip
_WHAT = {
    "ja": {What.SECTION: "節", What.SENTENCE: "文", What.ROW: "表の行"},
    "en": {What.SECTION: "section", What.SENTENCE: "sentence", What.ROW: "row"},
}
_SENTENCES = {
    "ja": {
        Kind.ADDED: "{what}「{new}」が加わりました（新 {new_page}）。",
        Kind.REMOVED: "{what}「{old}」がなくなりました（旧 {old_page}）。",
        Kind.CHANGED: "「{old}」（旧 {old_page}）が「{new}」（新 {new_page}）に変わりました。",
        Kind.MOVED: "{what}「{old}」が旧 {old_page}から新 {new_page}「{place}」へ移りました。",
        Kind.RENUMBERED: "節「{old}」の番号が変わり、「{new}」になりました（新 {new_page}）。",
        Kind.RETITLED: "節「{old}」の見出しが「{new}」に変わりました（新 {new_page}）。",
        Kind.SPLIT: "節「{old}」が「{new}」と「{also}」に分かれました（新 {new_page}）。",
        Kind.MERGED: "節「{old}」と「{also}」が「{new}」にまとまりました（新 {new_page}）。",
    },
    "en": {
        Kind.ADDED: 'The {what} "{new}" is new (new {new_page}).',
        Kind.REMOVED: 'The {what} "{old}" is gone (old {old_page}).',
        Kind.CHANGED: '"{old}" (old {old_page}) became "{new}" (new {new_page}).',
        Kind.MOVED: 'The {what} "{old}" moved from old {old_page} to new {new_page}, "{place}".',
        Kind.RENUMBERED: 'The section "{old}" is now numbered "{new}" (new {new_page}).',
        Kind.RETITLED: 'The section "{old}" is now called "{new}" (new {new_page}).',
        Kind.SPLIT: 'The section "{old}" was split into "{new}" and "{also}" (new {new_page}).',
        Kind.MERGED: 'The sections "{old}" and "{also}" became "{new}" (new {new_page}).',
    },
}
_WORDS = {
    "ja": {
        "title": "{title}：{old}から{new}への変更", "old": "旧", "new": "新", "none": "変更はありません。",
        "same": "{count}の文と行は変わっていません。",
    },
    "en": {
        "title": "{title}: what changed from {old} to {new}", "old": "old", "new": "new",
        "none": "Nothing changed.", "same": "{count} sentences and rows are unchanged.",
    },
}  # fmt: skip


def sentence(change: Change, language: Language = "ja") -> str:
    """Return a change as one sentence, with the page on each side; long texts are cut short."""
    place = change.after.section[-1] if change.after and change.after.section else ""
    return _SENTENCES[language][change.kind].format(
        what=_WHAT[language][change.what],
        old=_name(change.before, change.what),
        new=_name(change.after, change.what),
        also="」「".join(_name(spot, change.what) for spot in change.also),
        old_page=_page(change.before),
        new_page=_page(change.after),
        place=place,
    )


def summary(revision: Revision, language: Language = "ja") -> str:
    """Return how many changes of which kind there are, in one line."""
    told = [
        f"{_KINDS[language][kind]} {revision.count(kind)}"
        for kind in Kind
        if revision.count(kind)
    ]  # fmt: skip
    return ("、" if language == "ja" else ", ").join(told) or _WORDS[language]["none"]


def as_json(revision: Revision, language: Language = "ja") -> dict[str, object]:
    """Return a revision as JSON takes it: what changed, where, and the sentence for it."""
    return {
        "document": revision.new.document.id,
        "old": revision.old.label,
        "new": revision.new.label,
        "same": revision.same,
        "counts": {kind.value: revision.count(kind) for kind in Kind},
        "changes": [
            {
                "kind": change.kind.value,
                "what": change.what.value,
                "sentence": sentence(change, language),
                "before": _as_json(change.before),
                "after": _as_json(change.after),
                "also": [_as_json(spot) for spot in change.also],
            }
            for change in revision.changes
        ],
    }


def page(revision: Revision, language: Language = "ja") -> str:
    """Return a whole HTML page that needs nothing else: changes side by side, differences marked."""
    words = _WORDS[language]
    title = words["title"].format(
        title=revision.new.document.title, old=revision.old.label, new=revision.new.label
    )
    rows = "\n".join(_row(change, language) for change in revision.changes)
    table = (
        f'<table><thead><tr><th scope="col"></th><th scope="col">{words["old"]} '
        f'{escape(revision.old.label)}</th><th scope="col">{words["new"]} '
        f"{escape(revision.new.label)}</th></tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
        if revision.changes
        else ""
    )
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body><main>"
        f"<h1>{escape(title)}</h1>\n<p>{escape(summary(revision, language))}</p>"
        f"<p>{escape(words['same'].format(count=revision.same))}</p>\n{table}</main></body></html>\n"
    )


def _row(change: Change, language: Language) -> str:
    marked = change.what is not What.SECTION and change.before and change.after
    old, new = (
        _marked(change.before.text, change.after.text)
        if marked and change.before and change.after
        else (escape(_shown(change.before, change)), escape(_shown(change.after, change)))
    )
    parts = "".join(
        f"<p>＋ {escape(_name(spot, change.what))} {_page(spot)}</p>" for spot in change.also
    )
    before = f"{_where(change.before)}<p>{old}</p>" if change.before else ""
    after = f"{_where(change.after)}<p>{new}</p>" if change.after else ""
    if change.kind is Kind.MERGED:
        before += parts
    else:
        after += parts
    return (
        f'<tr class="{change.kind}"><th scope="row">{_KINDS[language][change.kind]}</th>'
        f"<td>{before}</td><td>{after}</td></tr>"
    )


def _shown(spot: Spot | None, change: Change) -> str:
    if spot is None:
        return ""
    whole = change.kind in {Kind.ADDED, Kind.REMOVED}
    return spot.text.strip() if whole else _name(spot, change.what)


def _where(spot: Spot | None) -> str:
    if spot is None:
        return ""
    return f"<small>{_page(spot)} {escape(' › '.join(spot.section))}</small>"


def _marked(old: str, new: str) -> tuple[str, str]:
    """Return both texts with what went marked as deleted and what came as inserted."""
    before, after = _flat(old), _flat(new)
    left: list[str] = []
    right: list[str] = []
    for equal, a, b in _runs(before, after):
        left.append(escape(a) if equal else f"<del>{escape(a)}</del>" if a else "")
        right.append(escape(b) if equal else f"<ins>{escape(b)}</ins>" if b else "")
    return "".join(left), "".join(right)


def _runs(before: str, after: str) -> Iterator[tuple[bool, str, str]]:
    """Yield runs of equal and of different characters; tiny equal ones count as different."""
    waiting = ("", "")
    matcher = SequenceMatcher(None, _folded(before), _folded(after), autojunk=False)
    for kind, a0, a1, b0, b1 in matcher.get_opcodes():
        tiny = a1 - a0 < _SHORTEST_EQUAL and 0 < a0 and a1 < len(before)
        if kind == "equal" and not tiny:
            if any(waiting):
                yield False, *waiting
            waiting = ("", "")
            yield True, before[a0:a1], after[b0:b1]
        else:
            waiting = (waiting[0] + before[a0:a1], waiting[1] + after[b0:b1])
    if any(waiting):
        yield False, *waiting


def _folded(text: str) -> str:
    """Return *text* as it is compared, character by character: widths are no change."""
    plain = (unicodedata.normalize("NFKC", one) for one in text)
    return "".join(new if len(new) == 1 else old for new, old in zip(plain, text, strict=True))


def _flat(text: str) -> str:
    """Return *text* on one line; every other character stays, because it is quoted."""
    return " ".join(text.split())


def _name(spot: Spot | None, what: What) -> str:
    """Return the heading of a section, or the text of a sentence, cut short where it is long."""
    if spot is None:
        return ""
    said = spot.section[-1] if what is What.SECTION and spot.section else _flat(spot.text)
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"


def _page(spot: Spot | None) -> str:
    if spot is None:
        return ""
    said = spot.place.named("ja") if spot.place else f"p.{spot.label or spot.page}"
    return escape(said)


def _as_json(spot: Spot | None) -> dict[str, object] | None:
    if spot is None:
        return None
    return {
        "section": list(spot.section),
        "text": spot.text,
        "page": spot.page,
        "page_label": spot.label,
        "start": spot.start,
        "end": spot.end,
    }


def lines(revision: Revision, language: Language = "ja") -> Iterable[str]:
    """Yield the summary and then a sentence for each change."""
    yield summary(revision, language)
    for change in revision.changes:
        yield sentence(change, language)


_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.7 system-ui, "Hiragino Sans", "Noto Sans CJK JP", sans-serif; margin: 0; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { border: 1px solid #8886; padding: .5rem; vertical-align: top; text-align: left;
  overflow-wrap: anywhere; }
th:first-child { width: 7rem; }
td p { margin: .2rem 0; white-space: pre-line; }
small { opacity: .8; }
del { background: #f8c4c4; color: #600; }
ins { background: #bfe8c6; color: #040; text-decoration: underline; }
@media (max-width: 40rem) { th:first-child { width: 4rem; } }
""".replace("\n", " ")
