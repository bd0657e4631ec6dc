"""Headers that keep a page's content its own, and the check that a form came from our page."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Request

_NONE = "'none'"


def security_headers(frame_ancestors: Sequence[str] = ()) -> dict[str, str]:
    """Headers for every HTML page: nothing inline, nothing from elsewhere, no sniffing.

    `frame_ancestors` are the origins (https://www.city.example.jp) that may show the page in a
    frame; without any, nobody may.
    """
    ancestors = " ".join(frame_ancestors) or _NONE
    policy = {
        "default-src": _NONE,
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": _NONE,
        "frame-ancestors": ancestors,
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {what}" for name, what in policy.items()),
        "X-Content-Type-Options": "nosniff",
        # Not `no-referrer`: with it browsers send "Origin: null" even to ourselves.
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if not frame_ancestors:
        headers["X-Frame-Options"] = "DENY"
    return headers


def is_https(request: Request) -> bool:
    """Whether the resident's browser speaks https, also behind a proxy that ends TLS.

    A forged header only changes the forger's own cookie.
    """
    forwarded = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip()
    return request.is_secure or forwarded == "https"


def is_from_another_site(request: Request) -> bool:
    """Whether a browser says that this form was sent from a page that is not ours.

    Browsers always send at least one of the two headers with a form, and pages cannot forge
    them; programs such as curl send neither, but carry no resident's cookie.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc not in _own_hosts(request)


def _own_hosts(request: Request) -> set[str]:
    forwarded = request.headers.get("X-Forwarded-Host", "").split(",")[0].strip()
    return {host for host in (request.host, forwarded) if host}
