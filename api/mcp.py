"""The MCP door: agents search the manuals, ask them, and read their pages.

Imported only when somebody knocks: the package behind it takes more than a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations
from pydantic import Field, ValidationError
from starlette.applications import Starlette

from api.access import Caller
from api.keys import Scope
from api.mcp_mount import Tools
from api.problems import Refused
from api.schemas.answers import WireAnswer
from api.schemas.documents import WirePage
from api.schemas.drafts import CheckResponse
from api.schemas.passages import SearchResponse, WireFilters
from api.schemas.wire import Day
from bot.errors import BotError
from bot.writing.drafts import LONGEST
from index.errors import IndexingError
from ingest.catalog.editions import Kind

INSTRUCTIONS = """\
Manuals that Japanese public servants work by. Every answer is made of quotations, each with
document, edition and page; name these when you use one. A digest restates an official work: say
so. Ask in Japanese or English. When an answer is declined the manuals do not hold it: do not
guess.
"""

ANSWERING = """\
Answer the question below from the manuals only. Call ask_manuals with it. Quote word for word and
name document, edition and page behind each quotation. Say what is missing where the certainty is
"near", and that the manuals do not hold it where it is "declined".

Question: {question}
"""

CHECKING = """\
Hold the draft below to the manuals: call check_text with it. List each sentence that is not
"supported" with what the manuals say instead, with document, edition and page, and change nothing
else.

Draft:
{text}
"""

READING = ToolAnnotations(read_only_hint=True, open_world_hint=False)

Question = Annotated[str, Field(description="A question in Japanese or English.")]
Count = Annotated[int, Field(ge=1, le=50, description="How many passages.")]
Documents = Annotated[
    list[str] | None, Field(description="Search these documents only, by id.", max_length=100)
]
Kinds = Annotated[
    list[Kind] | None, Field(description="Search documents of these kinds only.", max_length=10)
]
Editions = Annotated[
    list[str] | None,
    Field(description="Search editions of these labels only, in force or not.", max_length=100),
]
Municipality = Annotated[
    str | None,
    Field(
        description="Keep passages that name it, such as 北海道北見市 or Kitami.", max_length=100
    ),
]
Language = Annotated[
    Literal["ja", "en"] | None, Field(description="Search documents in this language only.")
]
Folders = Annotated[
    list[str] | None,
    Field(description="Search these folders only, with what lies below them.", max_length=100),
]
AsOf = Annotated[Day | None, Field(description="Search the editions in force on this day (today).")]


class _Server(MCPServer):
    """A server whose mistakes are told in sentences."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> Any:  # noqa: ANN401 - what the package gives
        """Call a tool.

        Raises:
            ToolError: it was called with what it does not take, or could not do its work.
        """
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(_sentence(name, error.__cause__)) from error
            if isinstance(error.__cause__, ToolError):  # our own sentence, without a preface
                raise error.__cause__ from error
            raise


def _sentence(tool: str, error: ValidationError) -> str:
    """Say which arguments a tool was given wrongly, and what each should be."""
    wrong = []
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        name = ".".join(str(part) for part in each["loc"]) or "arguments"
        if each["type"] == "missing":
            wrong.append(f'"{name}" is missing')
        else:
            said = each["msg"].removeprefix("Input ").removeprefix("Value error, ")
            wrong.append(f'"{name}" {said[:1].lower()}{said[1:]}')
    return f"{tool} was not called: {'; '.join(wrong)}."


def http(tools: Tools) -> Starlette:
    """Return the server as an application at /mcp; hosts and origins are checked before it."""
    return _server(tools).streamable_http_app(
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )


def serve(tools: Tools) -> None:
    """Speak MCP over standard input and output until the other side hangs up."""
    _server(tools).run("stdio")


@contextmanager
def _told(kind: type[ToolError | ResourceError] = ToolError) -> Iterator[None]:
    """Hand our own sentences to the agent; what nobody foresaw stays in the log."""
    try:
        yield
    except (Refused, BotError, IndexingError) as problem:
        raise kind(problem.en if isinstance(problem, Refused) else str(problem)) from problem


def _asking(context: Context[None, None]) -> Caller | None:
    """Return who asks, if the key says that it may; over standard input and output there is none.

    Raises:
        ToolError: the caller's key is for searching.
    """
    caller = _caller(context)
    if caller is not None and Scope.ASK not in caller.scopes:
        raise ToolError('This needs a key with the scope "ask". search_manuals and read_page work.')
    return caller


def _caller(context: Context[None, None]) -> Caller | None:
    request: Any = context.request_context.request
    return None if request is None else request.state.caller


def _bounds(
    documents: list[str] | None,
    kinds: list[Kind] | None,
    editions: list[str] | None,
    municipality: str | None,
    language: Literal["ja", "en"] | None,
    as_of: date | None,
    folders: list[str] | None,
) -> WireFilters:
    return WireFilters(
        documents=documents or [],
        kinds=kinds or [],
        editions=editions or [],
        municipality=municipality,
        language=language,
        as_of=as_of,
        folders=folders or [],
    )


def _server(tools: Tools) -> MCPServer:
    """Return a server with the four tools, each of which only reads."""
    made = _Server("tebiki", title="Tebiki", version=version("tebiki"), instructions=INSTRUCTIONS)
    _add_resources(made, tools)
    _add_prompts(made)

    @made.tool(annotations=READING)
    def search_manuals(
        question: Question,
        k: Count = 8,
        documents: Documents = None,
        kinds: Kinds = None,
        editions: Editions = None,
        municipality: Municipality = None,
        language: Language = None,
        as_of: AsOf = None,
        folders: Folders = None,
    ) -> SearchResponse:
        """Find the passages of the manuals nearest to a question, best first."""
        bounds = _bounds(documents, kinds, editions, municipality, language, as_of, folders)
        with _told():
            return tools.search(question, k, bounds)

    @made.tool(annotations=READING)
    def ask_manuals(
        context: Context[None, None],
        question: Question,
        documents: Documents = None,
        kinds: Kinds = None,
        editions: Editions = None,
        municipality: Municipality = None,
        language: Language = None,
        as_of: AsOf = None,
        folders: Folders = None,
    ) -> WireAnswer:
        """Answer a question with word-for-word quotations, or decline and say what is near."""
        bounds = _bounds(documents, kinds, editions, municipality, language, as_of, folders)
        with _told():
            return tools.ask(question, bounds, _asking(context))

    @made.tool(annotations=READING)
    def check_text(
        text: Annotated[
            str, Field(description="A draft in Japanese or English.", max_length=LONGEST)
        ],
        documents: Documents = None,
        kinds: Kinds = None,
        editions: Editions = None,
        municipality: Municipality = None,
        language: Language = None,
        as_of: AsOf = None,
        folders: Folders = None,
    ) -> CheckResponse:
        """Hold a text to the manuals: per sentence supported, contradicted, partial or unfounded."""
        bounds = _bounds(documents, kinds, editions, municipality, language, as_of, folders)
        with _told():
            return tools.check(text, bounds)

    @made.tool(annotations=READING)
    def read_page(
        document: Annotated[str, Field(description="The id of a document, as search gives it.")],
        edition: Annotated[str, Field(description="The label of its edition.")],
        number: Annotated[int, Field(ge=1, description="The page in the file, from 1.")],
    ) -> WirePage:
        """Read the text of one page of a manual."""
        with _told():
            return tools.page(document, edition, number)

    return made


def _add_resources(made: MCPServer, tools: Tools) -> None:
    """Add what can be read without a question: the list of documents, and each page."""

    @made.resource("tebiki://documents", title="Documents", mime_type="application/json")
    def documents() -> str:
        """List the documents with their editions, and which are in force."""
        with _told(ResourceError):
            return tools.documents().model_dump_json()

    @made.resource(
        "tebiki://documents/{document}/{edition}/pages/{number}",
        title="Page",
        mime_type="text/plain",
    )
    def page(document: str, edition: str, number: int) -> str:
        """Read the text of a page; *number* counts from 1 in the file."""
        with _told(ResourceError):
            return tools.page(unquote(document), unquote(edition), number).text


def _add_prompts(made: MCPServer) -> None:
    """Add what people ask agents for again and again."""

    @made.prompt(title="Answer with sources")
    def answer_with_sources(question: str) -> str:
        """Answer a question from the manuals, with quotations and pages."""
        return ANSWERING.format(question=question)

    @made.prompt(title="Check a draft")
    def check_draft(text: str) -> str:
        """Hold a draft to the manuals, sentence by sentence."""
        return CHECKING.format(text=text)
