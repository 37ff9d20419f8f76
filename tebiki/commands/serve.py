"""`tebiki serve` and `tebiki mcp`: the doors that stay open until somebody ends them."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from tebiki.building import build, have_models
from tebiki.closed import may_be_closed, shut, ways_out
from tebiki.commands.options import Where, warn_of_another_corpus
from tebiki.commands.output import UNUSABLE, err, fail, spoken
from tebiki.serving import together, web
from tebiki.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp

    from api.access import Access

KEEP_ALIVE_S = 75
"""How long the server keeps a connection that nobody uses, as proxies do by default."""

SWITCH_S = 0.0005
"""How soon a computing thread of the server gives way to another."""


def serve(
    *,
    host: Annotated[str, typer.Option(help="Which address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Which port.")] = 8000,
    closed: Annotated[
        bool, typer.Option("--closed", help="Refuse settings that lead outside your network.")
    ] = False,
    where: Where,
) -> None:
    """Serve the chat page and the HTTP interface; nothing is reached but what a setting names."""
    several = where.several()
    for chosen in (each := list(several.values()) or [where.settings()]):
        have_models(chosen)
        if closed:
            may_be_closed(chosen)
        warn_of_another_corpus(chosen)
    if several:
        served = together(several, host)
        listen(served, served.first().state.access, host, port, each)
    else:
        parts = build(each[0])
        alone = web(parts, host)
        parts.shelf.keep_warm()
        listen(alone, alone.state.access, host, port, each)


def listen(
    served: ASGIApp, access: Access | None, host: str, port: int, chosen: Sequence[Settings]
) -> None:
    """Listen and answer until somebody ends it; each request leaves a line in the log."""
    import logging
    import socket

    import uvicorn

    from tebiki.commands.connections import OneLine, Prompt

    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(OneLine("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[lines])
    logging.getLogger("api").setLevel(logging.INFO)
    try:
        listening = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except OSError as problem:
        fail(
            f"{host}:{port}: {problem.strerror or problem}. Nothing is served. Name another "
            "address or port (--host, --port)."
        )
        raise typer.Exit(UNUSABLE) from problem
    with listening:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}"
        err.print(spoken(f"Tebiki: {address}  (Ctrl+C ends it)"), markup=False)
        if access is not None and not access.required:
            link = f"{address}/admin#once={access.sessions.word()}"
            err.print(spoken(f"Admin page, once, within the hour: {link}"), markup=False)
        # Whom a proxy speaks for is read by api.request_source, which knows the proxies that are
        # trusted; uvicorn would believe every process on this machine.
        config = uvicorn.Config(
            served,
            http=Prompt,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            ws="none",
        )
        shut(*chosen)
        named = dict.fromkeys(way for each in chosen for way in ways_out(each))
        ways = ", ".join(f"{way.host} ({way.setting})" for way in named)
        err.print(spoken(f"Connections outside: {ways or 'none'}"), markup=False)
        # A thread that computes gives way every 5 ms by default; with many of them the one that
        # reads and writes the sockets would wait for seconds.
        sys.setswitchinterval(SWITCH_S)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run([listening])


def mcp(*, where: Where) -> None:
    """Speak MCP over standard input and output, for agents on this machine."""
    from api.mcp import serve as serve_mcp
    from api.tools import tools_of
    from bot.ledger.record import Recorded

    chosen = where.settings()
    parts = build(chosen)
    recorded = Recorded(parts.answerer, parts.ledger(), origin="mcp")
    shut(chosen)
    serve_mcp(
        tools_of(
            library=parts.shelf,
            answerer=recorded,
            page_file=parts.page_file,
            # Who starts it may open the files themselves.
            groups=lambda: None,
        )
    )
