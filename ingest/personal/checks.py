"""The check digits of numbers that belong to somebody."""

from __future__ import annotations

from collections.abc import Sequence


def is_my_number(digits: str) -> bool:
    """Whether 12 digits end in the check digit of an Individual Number.

    Ministry order 2014 no. 85, article 5: 11 minus the remainder by 11 of the sum of the
    digits, from the right, times 2 to 7 and then 2 to 6; a remainder of 0 or 1 gives 0.
    """
    return len(digits) == 12 and _modulo_11(digits, (2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6))


def is_resident_code(digits: str) -> bool:
    """Whether 11 digits end in the check digit of a 住民票コード (same rule, 10 digits)."""
    return len(digits) == 11 and _modulo_11(digits, (2, 3, 4, 5, 6, 7, 2, 3, 4, 5))


def _modulo_11(digits: str, weights: Sequence[int]) -> bool:
    rest = sum(int(d) * w for d, w in zip(reversed(digits[:-1]), weights, strict=True)) % 11
    return int(digits[-1]) == (0 if rest <= 1 else 11 - rest)


def is_card(digits: str) -> bool:
    """Whether a number passes the Luhn check of payment cards (ISO/IEC 7812-1, annex B)."""
    total = 0
    for at, character in enumerate(reversed(digits)):
        value = int(character) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and digits[0] in "3456"
