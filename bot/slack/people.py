"""The languages of people, as they set them in Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.slack.web_api import SlackBusy, SlackRefused

if TYPE_CHECKING:
    from bot.slack.web_api import WebApi


class People:
    """Whose language is which, asked once for each; shared by threads."""

    def __init__(self, calls: WebApi) -> None:
        """Ask by *calls*."""
        self._calls = calls
        self._languages: dict[str, str] = {}

    def known(self, user: str) -> str:
        """Return "ja" or "en" without asking anybody; "" where it is not known yet."""
        return self._languages.get(user, "")

    def language(self, user: str) -> str:
        """Return "ja" or "en", asking Slack where it is not known; "ja" where that fails."""
        if not user:
            return "ja"
        known = self.known(user)
        if not known:
            try:
                told = self._calls.form("users.info", {"user": user, "include_locale": "true"})
            except (SlackBusy, SlackRefused):
                return "ja"
            locale = str(told.get("user", {}).get("locale") or "ja")
            known = self._languages[user] = "ja" if locale.startswith("ja") else "en"
        return known
