"""Threads that take questions from the queue, one at a time, and hold on to what they took."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.ledger.errors import LedgerUnavailable

if TYPE_CHECKING:
    from bot.slack.answering import Answering
    from bot.slack.queue import QuestionQueue, Work

log = logging.getLogger(__name__)

MOST_BUGS = 5
"""How often a question is tried again after an error that nobody foresaw."""


class Workers:
    """Worker threads at one queue.

    Several processes may have their own. Each question is leased; while a worker is alive its
    leases are renewed, and when the process dies they run out and another worker takes over,
    looking in the thread first whether the answer is already there.
    """

    def __init__(
        self, queue: QuestionQueue, answering: Answering, *, threads: int = 4, lease_s: float = 30.0
    ) -> None:
        """Let *answering* carry out what waits in *queue*, *threads* questions at once.

        After *lease_s* seconds a dead process's questions fall to another.
        """
        self._queue = queue
        self._answering = answering
        self._threads = threads
        self._lease_s = lease_s
        self._at_work: set[str] = set()
        self._lock = threading.Lock()
        self._rung = threading.Condition()
        self._bells = 0
        self._closing = threading.Event()
        self._running: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to work, also on what an earlier process left."""
        jobs = [self._work] * self._threads + [self._stay_alive]
        for number, job in enumerate(jobs):
            thread = threading.Thread(target=job, name=f"slack-{number}", daemon=True)
            thread.start()
            self._running.append(thread)

    def close(self, *, within_s: float = 10.0) -> None:
        """Finish what is being answered, leave the rest in the queue."""
        self._closing.set()
        with self._rung:
            self._rung.notify_all()
        for thread in self._running:
            thread.join(within_s)
        self._running.clear()

    def ring(self, work: Work, user: str) -> None:
        """Say that a question was put in the queue, and by whom."""
        self._answering.asked_by(work, user)
        with self._rung:
            self._bells += 1
            self._rung.notify()

    def _work(self) -> None:
        while not self._closing.is_set():
            bells = self._bells
            try:
                work = self._queue.claim(self._answering.owner, lease_s=self._lease_s)
                if work is not None:
                    self._try(work)
                    continue
            except LedgerUnavailable:
                log.exception("the ledger failed; the questions stay in the queue")
            with self._rung:
                if bells == self._bells and not self._closing.is_set():
                    # Replicas and postponed questions ring no bell here.
                    self._rung.wait(timeout=min(1.0, self._lease_s / 2))

    def _try(self, work: Work) -> None:
        with self._held(work):
            self._tried(work)

    @contextmanager
    def _held(self, work: Work) -> Iterator[None]:
        """Keep the lease on a question alive while it is worked at, however that ends."""
        with self._lock:
            self._at_work.add(work.key)
        try:
            yield
        finally:
            with self._lock:
                self._at_work.discard(work.key)

    def _tried(self, work: Work) -> None:
        try:
            self._answering.carry_out(work)
        except LedgerUnavailable:  # nothing can be written down: another try when the lease ends
            raise
        except Exception as problem:  # a bug of ours must neither lose a question nor end a worker
            log.exception("question %s could not be handled", work.key)
            if work.attempts < MOST_BUGS:
                delay = 2.0**work.attempts
                self._queue.postpone(
                    work, self._answering.owner, delay_s=delay, problem=repr(problem)
                )
            else:
                self._answering.give_up(work, problem)

    def _stay_alive(self) -> None:
        beats = 0
        while not self._closing.wait(self._lease_s / 4):
            try:
                with self._lock:
                    keys = tuple(self._at_work)
                self._queue.renew(self._answering.owner, lease_s=self._lease_s, keys=keys)
                beats += 1
                if beats % 1000 == 1:
                    self._queue.tidy()
            except LedgerUnavailable:
                log.exception("leases could not be renewed")
