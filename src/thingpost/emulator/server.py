"""The sockets: an aiohttp server over TLS in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import threading
import traceback
from typing import TYPE_CHECKING, Any, Final

from aiohttp.http_exceptions import BadHttpMethod, HttpProcessingError
from aiohttp.http_writer import HttpVersion10, HttpVersion11
from aiohttp.web_protocol import RequestHandler, RequestPayloadError
from aiohttp.web_response import Response
from aiohttp.web_server import Server

from .checks import MAX_PAYLOAD

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from aiohttp.streams import StreamReader
    from aiohttp.web_request import BaseRequest
    from aiohttp.web_response import StreamResponse

    from .addresses import Listener
    from .answers import Answer
    from .messages import Message
    from .platform import Platform, Reply

__all__ = ["ServerThread"]

_log = logging.getLogger("thingpost.emulator")

_IDLE: Final = 75.0
"""Seconds after which a connection without requests is closed."""
_LINGER: Final = 5.0
"""Seconds for which the rest of a refused body is read and thrown away, so that its sender gets to read the answer."""
_GRACE: Final = 0.5
"""Seconds that requests under way have left when the server stops."""

_REQUEST_LINE: Final = re.compile(r"\n  b['\"][!-~]+ /\S* HTTP/1\.[01]")
"""A request line, as aiohttp quotes it where it does not know the method."""
_TOPIC_LINE: Final = re.compile(r"\n  b['\"]POST /topic/.* HTTP/1\.[01]")
"""The same with blanks, controls or non-ASCII octets in the topic."""


class ServerThread:
    """Serves a platform on a listening socket until `stop`. One use only.

    Args:
        platform: what answers.
        listener: bound and not yet listening; the server closes it.
        context: TLS settings.
        deliver: called with each message in the server's thread, before the device is told of success.
        report: called with each answer in the server's thread, before it is sent.
    """

    def __init__(
        self,
        platform: Platform,
        listener: Listener,
        context: ssl.SSLContext,
        deliver: Callable[[Message], None],
        report: Callable[[Answer], None],
    ) -> None:
        self._platform = platform
        self._listener = listener
        self._context = context
        self._deliver = deliver
        self._report = report
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="thingpost-emulator", daemon=True)

    def start(self) -> None:
        """Start the thread; connections are accepted when this returns."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop accepting, let requests under way finish (half a second at most), close all connections."""
        if self._loop is not None and self._stopping is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    # ---- In the server's thread ----

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 (handed to the thread that called start())
            self._failure = error
            if self._ready.is_set():
                _log.error("the emulator's server has failed", exc_info=error)
        finally:
            self._listener.close()
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        loop.set_exception_handler(_ignore_broken_connections)
        self._stopping = asyncio.Event()
        server = _Server(self._handle, self._platform, self._report)
        listening = await loop.create_server(server, sock=self._listener, ssl=self._context, backlog=512)
        self._ready.set()
        try:
            await self._stopping.wait()
        finally:
            # No more connections; those just accepted still find a server to belong to, and then it closes.
            with contextlib.suppress(NotImplementedError):  # Windows
                loop.remove_reader(self._listener)
            for _ in range(3):
                await asyncio.sleep(0)
            listening.close()
            server.pre_shutdown()
            await server.shutdown(_GRACE)
            # What the peer does not close, and what never got through its handshake, ends here.
            for _ in range(100):
                await asyncio.sleep(0)
                if not self._listener.end_connections():
                    break
                await asyncio.sleep(0.005)

    async def _handle(self, request: BaseRequest) -> StreamResponse:
        reply, complete = await self._judge(request)
        _log.debug("%s %s: HTTP %d, code %d", request.method, _masked(request.raw_path), reply.status, reply.code)
        if reply.message is not None:
            self._deliver(reply.message)
        self._report(reply.answer)
        return _response(reply, close=not complete)

    async def _judge(self, request: BaseRequest) -> tuple[Reply, bool]:
        """Read a request and find its answer; tell whether all of the request was read."""
        if request.version not in {HttpVersion10, HttpVersion11}:
            return self._platform.malformed("the version of HTTP must be 1.1 or 1.0"), False
        if request.version == HttpVersion11 and request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0  # so far nothing of the answer itself
        try:
            body, complete = await _read(request.content)
        except (HttpProcessingError, RequestPayloadError, ConnectionError):  # broken framing, or the peer went away
            return self._platform.malformed("the body is shorter than announced, or its chunks are malformed"), False
        return self._platform.answer(request.method, request.raw_path, request.raw_headers, body), complete


async def _read(content: StreamReader) -> tuple[bytes, bool]:
    """Read a body up to one byte more than the largest payload; tell whether that was all of it."""
    chunks: list[bytes] = []
    size = 0
    while size <= MAX_PAYLOAD:
        chunk = await content.readany()
        if not chunk:
            return b"".join(chunks), True
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks), content.at_eof()


def _response(reply: Reply, *, close: bool = False) -> Response:
    response = Response(status=reply.status, headers=reply.headers, body=reply.body)
    if close:
        response.force_close()
    return response


def _masked(target: str) -> str:
    """Name the endpoint for the log. What else a target holds may be anything, also a token in the wrong place."""
    return target if target == "/auth" else "/topic/…" if target.startswith("/topic/") else "…"


def _ignore_broken_connections(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    _log.debug("connection failed: %s", type(context.get("exception")).__name__)


class _Server(Server):
    """aiohttp's server, with connections that answer in the platform's way also to what is not HTTP."""

    def __init__(
        self, handler: Callable[[BaseRequest], Any], platform: Platform, report: Callable[[Answer], None]
    ) -> None:
        super().__init__(handler)
        self._platform = platform
        self._report = report

    def __call__(self) -> RequestHandler:
        return _Connection(self, self._platform, self._report, self._loop)


class _Connection(RequestHandler):
    __slots__ = ("_platform", "_report")

    def __init__(
        self,
        server: Server,
        platform: Platform,
        report: Callable[[Answer], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=_IDLE,
            lingering_time=_LINGER,
            auto_decompress=False,  # the body is what was sent; and 1 KB cannot swell to 1 MB
            access_log=None,  # type: ignore[arg-type]  # aiohttp's way to say "none"
            logger=_log,
        )
        self._platform = platform
        self._report = report

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> StreamResponse:
        """Answer in JSON. Nothing of the message is logged or sent: it may quote the request, tokens included."""
        if status >= 500:  # noqa: PLR2004 (a fault of the emulator)
            # Where it happened, and not what was said: that may quote the request.
            where = "".join(traceback.format_tb(exc.__traceback__)) if exc is not None else ""
            _log.error("the emulator could not answer a request: %s\n%s", type(exc).__name__, where)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has been sent already")
        reply = self._reply_to(status, exc, message or "")
        self._report(reply.answer)
        return _response(reply, close=True)

    def _reply_to(self, status: int, error: BaseException | None, quoted: str) -> Reply:
        if status >= 500:  # noqa: PLR2004 (a fault of the emulator)
            return self._platform.broken()
        if isinstance(error, BadHttpMethod) and _REQUEST_LINE.search(quoted):
            return self._platform.answer("another", "/", (), b"")  # well formed, with a method unknown to aiohttp
        if _TOPIC_LINE.search(quoted):  # octets that no target may hold break the grammar of a topic, not that of HTTP
            return self._platform.bad_topic("the topic holds an octet that no topic may, such as a blank or 'é'")
        return self._platform.malformed("the request is not well-formed HTTP, or its head is too large")
