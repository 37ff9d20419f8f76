"""What kinds of personal data are told apart, and where in a text one was found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a piece of text looks like."""

    MY_NUMBER = "my-number"
    RESIDENT_CODE = "resident-code"
    CARD = "card"
    BANK = "bank"
    LICENCE = "licence"
    PASSPORT = "passport"
    RESIDENCE_CARD = "residence-card"
    PENSION = "pension"
    INSURED = "insured"
    DOCUMENT = "document"
    VEHICLE = "vehicle"
    BIRTH = "birth"
    TELEPHONE = "telephone"
    MAIL = "mail"
    ADDRESS = "address"
    NAME = "name"


CERTAIN = frozenset(Kind) - {Kind.TELEPHONE, Kind.MAIL, Kind.ADDRESS, Kind.NAME, Kind.VEHICLE}
"""What is somebody's own wherever it stands; an office has a telephone and an address, too."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A span of a text that looks like personal data; offsets into the text as given."""

    start: int
    end: int
    kind: Kind
