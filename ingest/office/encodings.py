"""The bytes of a text file become characters: UTF-8, Shift_JIS, EUC-JP, JIS and UTF-16."""

from __future__ import annotations

import re

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAMPLE = 1 << 20
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
_XML = re.compile(rb"<\?xml[^>]{0,80}encoding\s*=\s*[\"']([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
_SHIFTED = (b"\x1b$B", b"\x1b$@", b"\x1b(J")
_NAMES = {
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932",
    "windows-31j": "cp932", "ms932": "cp932", "cp932": "cp932",
    "euc-jp": "euc_jp", "x-euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp",
    "utf-8": "utf-8", "utf8": "utf-8", "utf-16": "utf-16", "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be", "us-ascii": "utf-8", "iso-8859-1": "cp1252",
}  # fmt: skip
_SOME_ZEROS = 0.2
_FEW_DAMAGED = 0.01
_USUAL = re.compile(r"[ぁ-んァ-ヶー一-龥々、。「」（）・０-９\x20-\x7e\s]")
_HALF_KANA = re.compile(r"[\uff61-\uff9f]")


def decoded(data: bytes, *, declared: bool = False) -> str:
    """Return what the bytes say, without a byte order mark; what no encoding knows comes as U+FFFD.

    With *declared* a web page's own word counts where the bytes bear it out: many pages name an
    encoding that they are not in.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if declared and (named := _named(data)):
        try:
            return data.decode(named)
        except (UnicodeDecodeError, LookupError):
            pass
    try:
        said = data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_likeliest(data), "replace")
    if any(shift in data for shift in _SHIFTED):
        return data.decode("iso2022_jp", "replace")
    return said if "\0" not in said[:_SAMPLE] else data.decode(_wide(data) or "utf-8", "replace")


def _named(data: bytes) -> str | None:
    """Return the encoding that a web page says it is in."""
    head = data[:4096]
    found = _XML.search(head) or _DECLARED.search(head)
    return _NAMES.get(found.group(1).decode("ascii").lower()) if found else None


def _wide(data: bytes) -> str | None:
    """Return the UTF-16 that bytes without a mark are in, None where they are not."""
    head = data[:4096]
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if zeros.count(0) > _SOME_ZEROS * len(zeros):
            return encoding
    return None


def _likeliest(data: bytes) -> str:
    """Return the encoding in which bytes that are no UTF-8 read most like Japanese.

    Shift_JIS takes nearly every pair of EUC-JP for two half-width kana.
    """
    sample = data[:_SAMPLE]
    points = {
        encoding: _points(sample.decode(encoding, "replace"))
        for encoding in ("cp932", "euc_jp", "utf-16-le", "utf-16-be")
    }
    # What is damaged UTF-8 in a few places is still UTF-8.
    best = max(points, key=lambda encoding: points[encoding])
    damaged = sample.decode("utf-8", "replace")
    few = damaged.count("\ufffd") < _FEW_DAMAGED * len(damaged) + 2
    return "utf-8" if few and any(0x2E80 < ord(sign) < 0xFFFD for sign in damaged[:4096]) else best


def _points(text: str) -> float:
    usual = sum(1 for _ in _USUAL.finditer(text))
    odd = sum(1 for _ in _HALF_KANA.finditer(text))
    return (usual - odd - 8 * text.count("\ufffd")) / max(1, len(text))
