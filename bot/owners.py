"""Those who answer for a document or an approved answer are told what concerns them.

What they are told names documents and the id of an answer, and holds no word of a question that
somebody asked: it leaves the record, where what people asked can be erased.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from bot.ledger.audit import Deed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from bot.ledger.approved import Approved
    from index.passages import Library

    Tell = Callable[[str, str], None]
    """Tells an owner, as the catalog names one, a sentence."""

    Note = Callable[[Deed, Mapping[str, object], str, str], None]
    """Writes a deed into the audit stream: what of it, who, and from which address."""

_SEVERAL = re.compile(r"[,、;\s]+")


def named(owner: str) -> Iterator[str]:
    """Yield the addresses of an owner: several are parted by commas or spaces."""
    yield from filter(None, _SEVERAL.split(owner))


class Owners:
    """Tells owners, and writes into the audit stream that there was something to tell."""

    def __init__(self, library: Callable[[], Library], note: Note, tell: Tell) -> None:
        """Look owners up in *library*."""
        self._library = library
        self._note = note
        self._tell = tell

    def wrong(self, name: str, cited: Collection[str], actor: str = "", address: str = "") -> None:
        """Tell the owners of *cited* documents that a reader found the answer of that name wrong.

        Raises:
            IndexingError: no index says whose they are.
            AuditUnavailable: it is not recorded, and not told.
        """
        titles: dict[str, dict[str, str]] = defaultdict(dict)
        for edition in self._library().editions:
            document = edition.document
            if document.owner and document.id in cited:
                titles[document.owner][document.id] = document.title
        for owner, of_theirs in titles.items():
            told = {"answer": name, "owner": owner, "documents": sorted(of_theirs)}
            self._note(Deed.REPORTED, told, actor, address)
            self._tell(owner, wrong(name, of_theirs.values()))


def wrong(name: str, titles: Collection[str]) -> str:
    """Return what an owner is told of an answer that a reader found wrong."""
    quoted = "".join(f"「{title}」" for title in titles)
    return (
        f"手引き（Tebiki）: {quoted}を引用した回答（番号 {name}）が「役に立たなかった」と評価されました。"
        "管理画面の「答えられなかった質問」で確かめ、必要なら文書か承認済みの回答を直してください。"
    )


def doubted(one: Approved) -> str:
    """Return what an owner is told of an approved answer that rests on what has changed."""
    return (
        f"手引き（Tebiki）: 承認済みの回答「{one.question}」が要確認になりました。根拠の文言が変わったため、"
        f"この回答は先頭に出ません（{one.doubt}）。管理画面の「承認済みの回答」で確かめ、承認し直してください。"
    )
