"""Owners hear by mail, where a mail server is named; whoever tells them never waits."""

from __future__ import annotations

import socket
import time
from contextlib import closing
from unittest.mock import Mock

import pytest

from bot.mail import Post, is_address, is_server, post_of
from tebiki.building import tells_owners
from tebiki.settings import settings
from tests.mail_server import mail_server

SENDER = "tebiki@example.lg.jp"
TEXT = "手引き（Tebiki）: 「休暇の手引き」を引用した回答（番号 a1）が「役に立たなかった」と評価されました。"


def test_each_address_of_an_owner_is_told_once() -> None:
    """Who is named otherwise (a department, a member of Slack) gets no mail."""
    with mail_server() as server:
        post = Post(server.address, SENDER)
        for _ in range(2):
            post.tell("人事課、jinji@example.lg.jp U0123ABCD soumu@example.lg.jp", TEXT)
        assert post.sent(within_s=120)

    told = {mail["To"]: mail for mail in server.mails}
    assert ["jinji@example.lg.jp", "soumu@example.lg.jp"] == [mail["To"] for mail in server.mails]
    mail = told["jinji@example.lg.jp"]
    assert (SENDER, "auto-generated") == (mail["From"], mail["Auto-Submitted"])
    assert TEXT == mail.get_content().strip()


def test_a_server_that_wants_it_later_is_asked_again() -> None:
    """Turned away twice, taken the third time."""
    with mail_server() as server:
        server.refusing = 2
        post = Post(server.address, SENDER, again_after_s=(0, 0))
        post.tell("jinji@example.lg.jp", TEXT)
        assert post.sent(within_s=120)

    assert 1 == len(server.mails)


def test_a_server_that_is_away_is_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """With whom it should have told; the next mail is tried all the same."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        gone = f"smtp://127.0.0.1:{taken.getsockname()[1]}"
    post = Post(gone, SENDER, again_after_s=())

    post.tell("jinji@example.lg.jp soumu@example.lg.jp", TEXT)

    assert post.sent(within_s=120)
    assert 2 == sum("is not told by mail" in line for line in caplog.messages)
    assert "soumu@example.lg.jp" in caplog.text


def test_nobody_waits_for_a_server_that_says_nothing() -> None:
    """It takes the connection and is silent; telling has returned long before."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        post = Post(f"smtp://127.0.0.1:{silent.getsockname()[1]}", SENDER, again_after_s=())
        begun = time.thread_time()
        post.tell("jinji@example.lg.jp", TEXT)
        taken, _ = silent.accept()  # the mail is on its way, and we are here

        assert not post.sent(within_s=0)
        assert time.thread_time() - begun < 1
        taken.close()
        assert post.sent(within_s=120)


def test_a_password_is_sent_to_nobody_in_the_clear(caplog: pytest.LogCaptureFixture) -> None:
    """A server that offers no TLS is told no name and no password, and gets no mail."""
    with mail_server() as server:
        with_user = server.address.replace("//", "//tebiki:geheim@")
        post = Post(with_user, SENDER, again_after_s=())
        post.tell("jinji@example.lg.jp", TEXT)
        assert post.sent(within_s=120)

    assert [] == server.mails
    assert "STARTTLS" in caplog.text
    assert "geheim" not in caplog.text


def test_whoever_tells_owners_does_so_by_mail_where_a_server_is_named() -> None:
    """As the settings say, also where there is no Slack; without a server nobody is told."""
    with mail_server() as server:
        chosen = settings({"TEBIKI_MAIL_SERVER": server.address, "TEBIKI_MAIL_FROM": SENDER})
        for each in (chosen, settings({})):
            tells_owners(each, Mock(side_effect=AssertionError))("jinji@example.lg.jp", TEXT)
        assert post_of(server.address, SENDER).sent(within_s=120)

    assert 1 == len(server.mails)


@pytest.mark.parametrize(
    "text, can",
    [
        ("jinji@example.lg.jp", True),
        ("a.b+c@localhost", True),
        ("人事課", False),
        ("a@b@c", False),
        ("a@example.jp\nBcc: x@example.jp", False),
        ("<a@example.jp>", False),
        ("@" * 50_000, False),
    ],
    ids=["a mailbox", "on this machine", "a department", "two marks", "a line more", "brackets",
         "long"],
)  # fmt: skip
def test_what_mail_can_be_sent_to(text: str, *, can: bool) -> None:
    """A mailbox and nothing beside it."""
    assert can == is_address(text)


@pytest.mark.parametrize(
    "address, is_one",
    [
        ("smtp://mail.example.lg.jp", True),
        ("smtps://u:p@mail.example.lg.jp:465", True),
        ("mail.example.lg.jp", False),
        ("http://mail.example.lg.jp", False),
        ("smtp://:25", False),
        ("smtp://mail:x", False),
    ],
)
def test_what_names_a_mail_server(address: str, *, is_one: bool) -> None:
    """Its scheme and its name."""
    assert is_one == is_server(address)
