"""What can go wrong before a measurement. Each says what happened and what to do."""

from __future__ import annotations


class EvalError(Exception):
    """A question set or a run could not be used."""


class BadQuestionSet(EvalError):
    """A question set cannot be used; *path* and *line* (from 1, or None) say where."""

    def __init__(self, path: str, reason: str, line: int | None = None) -> None:
        """Say which file and line, and what is wrong there."""
        where = path if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {reason}. Nothing was measured. Correct it and run again.")
        self.path = path
        self.line = line
        self.reason = reason


class BadRun(EvalError):
    """A recorded run cannot be read or compared; *path* names it."""

    def __init__(self, path: str, reason: str) -> None:
        """Say which record, and how to make a good one."""
        super().__init__(f'{path}: {reason}. Make it again with "tebiki eval … --json".')
        self.path = path
        self.reason = reason


class MeasuresMissing(EvalError):
    """The package ir-measures is not installed, so rankings cannot be scored."""

    def __init__(self) -> None:
        """Name the package and where it has no ready build."""
        super().__init__(
            "ir-measures is not installed, so rankings cannot be scored. "
            'Install it with "pip install ir-measures" (on ARM it needs a C compiler).'
        )
