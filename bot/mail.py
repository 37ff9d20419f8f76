"""Owners who are named by a mail address are told by mail, behind the back of whoever tells."""

from __future__ import annotations

import atexit
import logging
import re
import smtplib
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import cache
from queue import Full, Queue
from urllib.parse import unquote, urlsplit

from bot.owners import named

log = logging.getLogger(__name__)

PORTS = {"smtp": 25, "smtps": 465}
SUBJECT = "手引き（Tebiki）: 担当の文書についてのお知らせ"
TIMEOUT_S = 10.0

_ADDRESS = re.compile(r"[\w.+%=-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,9}")
_WAITING = 200
_REMEMBERED = 1000
_AT_THE_END_S = 20.0


def is_address(text: str) -> bool:
    """Whether mail can be sent there."""
    return _ADDRESS.fullmatch(text) is not None


def is_server(address: str) -> bool:
    """Whether an address names a mail server, as smtp://… or smtps://… does."""
    try:
        parts = urlsplit(address)
        return parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False


def opened(server: str, *, timeout_s: float = TIMEOUT_S) -> smtplib.SMTP:
    """Return a connection to a mail server: logged in, where its address names a user.

    Who logs in does so over TLS alone, by smtps:// or STARTTLS, with a certificate that is known here.

    Raises:
        OSError, smtplib.SMTPException: there is none, or it does not let us in.
    """
    parts = urlsplit(server)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    named_as = socket.gethostname()  # smtplib asks the network who we are
    if parts.scheme == "smtps":
        known = ssl.create_default_context()
        there: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, named_as, timeout=timeout_s, context=known
        )
    else:
        there = smtplib.SMTP(host, port, named_as, timeout=timeout_s)
    try:
        there.ehlo_or_helo_if_needed()
        if parts.username:
            if parts.scheme == "smtp":
                there.starttls(context=ssl.create_default_context())
            there.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        there.close()
        raise
    return there


class Post:
    """Sends mail through one server, one after the other; what could not be sent is in the log."""

    def __init__(
        self, server: str, sender: str, *, again_after_s: Sequence[float] = (2.0, 10.0)
    ) -> None:
        """Send from *sender*; what fails is tried again after so many seconds each."""
        self._server, self._sender = server, sender
        self._again_after_s = again_after_s
        self._waiting: Queue[EmailMessage] = Queue(_WAITING)
        self._told: deque[tuple[str, str]] = deque(maxlen=_REMEMBERED)
        self._lock = threading.Lock()
        self._sending: threading.Thread | None = None

    def tell(self, owner: str, text: str) -> None:
        """Send a text to each mail address of an owner, once; nobody waits for that."""
        for place in filter(is_address, named(owner)):
            with self._lock:
                if (place, text) in self._told:
                    continue
                self._told.append((place, text))
            try:
                self._waiting.put_nowait(self._mail(place, text))
            except Full:
                log.warning("%s is not told by mail: %d mails wait already", place, _WAITING)
                continue
            self._start()

    def sent(self, *, within_s: float) -> bool:
        """Wait until nothing waits any more, and say whether that is so."""
        done = self._waiting.all_tasks_done
        with done:
            return done.wait_for(lambda: not self._waiting.unfinished_tasks, within_s)

    def _mail(self, place: str, text: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, place, SUBJECT
        mail["Date"] = formatdate(localtime=True)
        mail["Message-ID"] = make_msgid(domain=self._sender.partition("@")[2])
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        mail.set_content(text + "\n")
        return mail

    def _start(self) -> None:
        with self._lock:
            if self._sending is None:
                self._sending = threading.Thread(target=self._send_all, name="mail", daemon=True)
                self._sending.start()
                atexit.register(self._end)

    def _end(self) -> None:
        """Give what waits a little time when the process ends."""
        if not self.sent(within_s=_AT_THE_END_S):
            log.warning("%d mails to owners are not sent", self._waiting.unfinished_tasks)

    def _send_all(self) -> None:
        while True:
            mail = self._waiting.get()
            try:
                self._send(mail)
            finally:
                self._waiting.task_done()

    def _send(self, mail: EmailMessage) -> None:
        for again_after_s in (*self._again_after_s, None):
            try:
                with opened(self._server) as there:
                    there.send_message(mail)
            except (OSError, smtplib.SMTPException, ValueError) as problem:
                if again_after_s is None:
                    log.warning("%s is not told by mail: %s", mail["To"], problem)
                else:
                    time.sleep(again_after_s)
            else:
                return


@cache
def post_of(server: str, sender: str) -> Post:
    """Return what sends mail through a server, one for each process."""
    return Post(server, sender)
