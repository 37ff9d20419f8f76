"""Why somebody is not let in, or not any further, in the sentences that a caller reads."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from api.problems import Refused

if TYPE_CHECKING:
    from api.keys import Scope


def locked() -> Refused:
    """Say that a key is needed."""
    return Refused(
        HTTPStatus.UNAUTHORIZED,
        "利用には鍵が必要です。管理者に鍵を発行してもらってください。",
        "A key is needed. Ask your administrator for one.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def unentered() -> Refused:
    """Say what it takes to administer."""
    return Refused(
        HTTPStatus.UNAUTHORIZED,
        "管理には、管理用の鍵か、「tebiki serve」が起動時に表示する一度だけのリンクが必要です。"
        "鍵は「tebiki keys create 名前 --scope admin」で作れます。",
        'To administer, bring an admin key ("tebiki keys create NAME --scope admin"), or open the '
        'one-time link that "tebiki serve" printed when it started.',
        headers={"WWW-Authenticate": "Bearer"},
    )


def no_key() -> Refused:
    """Say that a key opens nothing."""
    return Refused(
        HTTPStatus.UNAUTHORIZED,
        "その鍵は使えません。期限が切れていないか、管理者に確かめてください。"
        "一度だけのリンクは、使うか1時間たつと開けなくなります。",
        "That key opens nothing. Ask your administrator whether it has expired. A one-time link "
        "opens once, within an hour of the start.",
    )


def unreadable_keys() -> Refused:
    """Say that the list of keys is damaged."""
    return Refused(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "鍵の一覧が壊れているため、いまはどの鍵も使えません。管理者にお知らせください。",
        "The list of keys is damaged, so that no key opens anything now. Tell your administrator.",
        headers={"Retry-After": "60"},
    )


def run_out() -> Refused:
    """Say that a link has run out."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        "このリンクの有効期間が過ぎています。もう一度質問すると、新しいリンクで開けます。",
        "This link has run out. Ask the question again to get a new one.",
    )


def forbidden(scope: Scope, who: str) -> Refused:
    """Say what the caller's key may not do."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        f"この操作には「{scope}」の権限を持つ鍵が必要です。",
        f'This needs a key with the scope "{scope}".',
        who=who,
    )


def too_often(wait_s: float, who: str) -> Refused:
    """Say how long to wait."""
    seconds = max(1, round(wait_s))
    return Refused(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"短い間に続けすぎています。{seconds}秒ほど待ってからお試しください。",
        f"Too many requests at once. Try again in {seconds} seconds.",
        headers={"Retry-After": str(seconds)},
        who=who,
    )
