"""What can go wrong between a question and an answer. Declining is not among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class BotError(Exception):
    """A question could not be taken, or its answer could not be kept."""


class BadQuestion(BotError):
    """The question is empty, too long, or not text; the message is meant for the asker."""


class ModelFailed(BotError):
    """The language model gave nothing usable; *reason* says why in a clause.

    *kind* is one of: unreachable, slow, busy, rejected, failed, cut, unreadable, unrecorded,
    spent, resting. It names the sentence that askers see, each in their language.
    """

    def __init__(self, name: str, reason: str, kind: str = "failed") -> None:
        """Say which model failed and how."""
        super().__init__(f"{name}: {reason}.")
        self.name = name
        self.reason = reason
        self.kind = kind


class BudgetSpent(ModelFailed):
    """The day's tokens do not hold another reply; the next day's begin at *anew*."""

    def __init__(self, name: str, reason: str, anew: datetime) -> None:
        """Say what is spent and when there is more."""
        super().__init__(name, f"{reason}; anew at {anew:%Y-%m-%d %H:%M %Z}", "spent")
        self.anew = anew


class AnswerUnknown(BotError):
    """No answer is recorded under that id."""
