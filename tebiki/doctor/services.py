"""What Tebiki works with besides its home: OCR, dictionary, models, and servers elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tebiki.building import shared_of, slack_of
from tebiki.doctor.findings import Finding, broken, look, ok
from tebiki.doctor.machine import reached
from tebiki.settings import FITTED, Settings

TIMEOUT_S = 3.0

_HTTP = {"http": 80, "https": 443}
_USUAL = {"ollama": "http://127.0.0.1:11434", "anthropic": "https://api.anthropic.com"}
_REFUSED = (401, 403)


def of_ocr() -> Iterator[Finding]:
    """Say whether scans are read."""
    from ingest.pdf import ocr_engines

    if lacking := ocr_engines.missing():
        yield Finding("ocr", "look", lacking, ocr_engines.ADVICE)
    elif with_what := ocr_engines.reads_with():
        yield ok(
            "ocr", f"Scans are read ({with_what}).", f"スキャンした紙面も読めます（{with_what}）。"
        )
    else:
        yield ok(
            "ocr",
            "Scans are not read (TEBIKI_OCR=off).",
            "スキャンは読みません（TEBIKI_OCR=off）。",
        )


def of_dictionary() -> Iterator[Finding]:
    """Say whether words are cut as the index wants them."""
    from ingest.language.words import TOKENIZER_VERSION, tokens

    cut = tokens("転出届を提出する")
    if "転出" in "".join(cut):
        yield ok(
            "dictionary",
            f"{TOKENIZER_VERSION} cuts words.",
            f"辞書は使えます（{TOKENIZER_VERSION}）。",
        )
    else:
        yield broken(
            "dictionary", f"The dictionary cuts wrongly ({cut}).", f"辞書が正しく働いていません（{cut}）。",
            "Install Tebiki anew.", "Tebikiを入れ直してください。",
        )  # fmt: skip


def of_english() -> Iterator[Finding]:
    """Say whether English words are looked up in a dictionary of Japanese."""
    from index.search.dictionary import at_hand

    if (file := at_hand()) is not None:
        yield ok(
            "english",
            f"English words are looked up in {file}.",
            f"英語の語を {file} で調べます。",
        )
    else:
        yield look(
            "english", "English questions find few Japanese pages: there is no dictionary here.",
            "英語の質問では日本語の文書がほとんど見つかりません。辞書がありません。",
            'Run "tebiki dictionary" (4 to 54 MB), or "sudo apt-get install edict".',
            "「tebiki dictionary」（4〜54MB）か「sudo apt-get install edict」を実行してください。",
        )  # fmt: skip


def of_embedding(chosen: Settings) -> Iterator[Finding]:
    """Say whether the models that were set are on this machine; none is fetched or loaded."""
    names = {
        "TEBIKI_EMBEDDING": chosen.embedding if chosen.embedding != FITTED else "",
        "TEBIKI_RERANKER": chosen.reranker,
        "TEBIKI_ENTAILMENT": chosen.entailment,
    }
    if not any(names.values()):
        yield ok("embedding", "No model is needed.", "モデルは使っていません（初期値）。")
        return
    from importlib.util import find_spec

    from index.search.models import local

    if find_spec("sentence_transformers") is None:
        yield broken(
            "embedding", "What models run on is not installed.", "モデルを動かすための部品が入っていません。",
            'Install it ("make serve MODELS=1", or "pip install tebiki[models]"), or unset the models.',
            "「make serve MODELS=1」または「pip install tebiki[models]」で入れるか、モデルの設定を外してください。",
        )  # fmt: skip
        return
    for setting, name in names.items():
        if name and local(name) is None:
            yield broken(
                "embedding", f"{setting}={name} is not on this machine.",
                f"{setting}={name} がこの機械にありません。",
                'Carry it in: "tebiki models pack" outside, "tebiki models unpack" here.',
                "外で「tebiki models pack」、ここで「tebiki models unpack」を使って運び込んでください。",
            )  # fmt: skip
        elif name:
            yield ok("embedding", f"{setting}={name} is here.", f"{setting}={name} はあります。")


def of_model(chosen: Settings) -> Iterator[Finding]:
    """Say whether the language model's server answers and knows the model."""
    if chosen.model is None:
        yield ok(
            "model", "None is set: answers are quotations.", "設定なし。回答は引用だけで作ります。"
        )
        return
    from bot.writing.breaker import resting

    fix_en, fix_ja = (
        "Start it, or correct TEBIKI_LLM_ADDRESS; quotations answer meanwhile.",
        "起動するか、TEBIKI_LLM_ADDRESS を直してください。その間は引用で回答します。",
    )
    address = chosen.llm_address or _USUAL.get(chosen.llm, "")
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or _HTTP.get(parts.scheme, 0)
    if not host or not port:
        yield broken(
            "model",
            f"{address} is no address.",
            f"{address} は住所ではありません。",
            fix_en,
            fix_ja,
        )
    elif why := reached(host, port):
        yield broken(
            "model", f"{host}:{port} does not answer ({why}).", f"{host}:{port} が応答しません（{why}）。",
            fix_en, fix_ja,
        )  # fmt: skip
    else:
        yield _models_of(chosen, address)
    if rest := resting(chosen.home):
        until = f"{datetime.fromtimestamp(rest.until).astimezone():%H:%M:%S}"
        yield look(
            "model", f"It is left alone until {until}: {rest.reason}",
            f"失敗が続いたため、{until} まで使いません: {rest.reason}",
            "It is tried again by itself.", "時間になると自動で試し直します。",
        )  # fmt: skip


def _models_of(chosen: Settings, address: str) -> Finding:
    """Ask a server which models it has; one that does not say so is only reached."""
    name = chosen.llm_model
    there = ok("model", f"{address} answers.", f"{address} が応答します。")
    ways = {"openai-like": "/models", "ollama": "/api/tags"}
    if chosen.llm not in ways:
        return there
    asked = Request(address.rstrip("/") + ways[chosen.llm])  # noqa: S310 - the address of the settings
    if chosen.llm_key:
        asked.add_header("Authorization", f"Bearer {chosen.llm_key}")
    try:
        with urlopen(asked, timeout=TIMEOUT_S) as answer:  # noqa: S310 - likewise
            told = json.loads(answer.read(1_000_000))
        held = {str(one.get("id") or one.get("name")) for one in told.get("data") or told["models"]}
    except HTTPError as problem:
        if problem.code in _REFUSED:
            return broken(
                "model", f"{address} refuses the key ({problem.code}).",
                f"{address} が鍵を受け付けません（{problem.code}）。",
                "Correct TEBIKI_LLM_KEY.", "TEBIKI_LLM_KEY を直してください。",
            )  # fmt: skip
        return there
    except (OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError):
        return there
    if name in held or f"{name}:latest" in held:
        return ok("model", f"{address} has {name}.", f"{address} に {name} があります。")
    listed = ", ".join(sorted(held)[:5]) or "—"
    return look(
        "model", f"{address} does not list {name} (it lists {listed}).",
        f"{address} の一覧に {name} がありません（{listed}）。",
        "Correct TEBIKI_LLM_MODEL, or load the model there.",
        "TEBIKI_LLM_MODEL を直すか、そのモデルをサーバーに入れてください。",
    )  # fmt: skip


def of_shared(chosen: Settings) -> Iterator[Finding]:
    """Say whether what many servers share can be reached, where they share an index."""
    from index.errors import IndexingError

    shared = shared_of(chosen)
    if shared is None:
        yield ok(
            "shared", "Not set: the index is in the home.", "設定なし。索引は保存先にあります。"
        )
        return
    try:
        now = shared.reached()
    except (IndexingError, ImportError) as problem:
        yield broken(
            "shared", f"What the servers share cannot be used ({problem}).",
            f"共有している索引を使えません（{problem}）。",
            "Correct TEBIKI_DATABASE_URL and TEBIKI_SHARED; what is open answers on.",
            "TEBIKI_DATABASE_URL と TEBIKI_SHARED を直してください。開いている索引では回答を続けます。",
        )  # fmt: skip
        return
    if now is None:
        yield look(
            "shared", f"Nothing was published in {chosen.shared} yet.",
            f"{chosen.shared} には、まだ何も公開されていません。",
            'Run "tebiki refresh" where the documents are.',
            "文書のある機械で「tebiki refresh」を実行してください。",
        )  # fmt: skip
    else:
        where = f"{now.generation} ({chosen.shared})"
        yield ok("shared", f"The servers share {where}.", f"共有している索引は {where} です。")


def of_mail(chosen: Settings) -> Iterator[Finding]:
    """Say whether the mail server takes our mail, where one is named; none is sent."""
    if not chosen.mail_server:
        yield ok("mail", "Not set up.", "使っていません。")
        return
    from smtplib import SMTPException

    from bot.mail import opened

    host = urlsplit(chosen.mail_server).hostname
    try:
        with opened(chosen.mail_server, timeout_s=TIMEOUT_S) as there:
            there.noop()
    except (OSError, SMTPException) as problem:
        yield broken(
            "mail", f"{host} takes no mail ({problem}).", f"{host} にメールを渡せません（{problem}）。",
            "Correct TEBIKI_MAIL_SERVER; owners of documents are not told by mail meanwhile.",
            "TEBIKI_MAIL_SERVER を直してください。その間、文書の担当にメールは届きません。",
        )  # fmt: skip
    else:
        yield ok("mail", f"{host} takes mail.", f"{host} にメールを渡せます。")


def of_slack(chosen: Settings) -> Iterator[Finding]:
    """Say what Slack says of the tokens, where there are any; nothing is posted."""
    if not (chosen.slack_bot_token or chosen.slack_app_token):
        yield ok("slack", "Not set up.", "使っていません。")
        return
    from bot.slack.check import check

    for one in check(slack_of(chosen), timeout_s=TIMEOUT_S):
        said = one.what("en"), one.what("ja")
        if one.fine is False:
            yield broken("slack", *said, one.advice("en"), one.advice("ja"))
        elif one.fine:
            yield ok("slack", *said)
