"""One polite request to somebody else's web server: no redirect followed, no body kept."""

from __future__ import annotations

import http.client
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

TIMEOUT = 10.0  # seconds for the whole of one request
_AGENT = "madoguchi-links (checks the links of a city's content)"


@dataclass(frozen=True)
class Fetched:
    """What came back: HTTP's status, and where a redirect leads ("" for none)."""

    status: int
    location: str = ""


def fetch(method: str, url: str, timeout: float = TIMEOUT) -> Fetched:
    """Ask for `url`, certificates checked.

    Raises OSError (TimeoutError, ssl.SSLError and name errors among them) where no answer came,
    ValueError for an address that cannot be asked, http.client.HTTPException for no HTTP.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no web address")
    host = parts.hostname.encode("idna").decode("ascii")
    connection = _connection(parts.scheme, host, parts.port, timeout)
    late = threading.Event()
    # A socket's own time-out begins anew with each byte: a slow server could hold us for hours.
    watch = threading.Timer(timeout, _hang_up, (connection, late))
    watch.daemon = True
    watch.start()
    try:
        headers = {"User-Agent": _AGENT, "Accept": "*/*", "Connection": "close"}
        connection.request(method, _target(parts.path, parts.query), headers=headers)
        answer = connection.getresponse()
        return Fetched(answer.status, answer.headers.get("Location") or "")
    except (OSError, http.client.HTTPException):
        if late.is_set():
            raise TimeoutError from None
        raise
    finally:
        watch.cancel()
        connection.close()


def _connection(
    scheme: str, host: str, port: int | None, timeout: float
) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)


def _target(path: str, query: str) -> str:
    target = quote(path, safe="/%:@!$&'()*+,;=~-._") or "/"
    return target + (f"?{quote(query, safe='/%:@!$&()*+,;=~-._?')}" if query else "")


def _hang_up(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    with suppress(OSError, AttributeError):  # it has just ended by itself
        connection.sock.shutdown(2)
