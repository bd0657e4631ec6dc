"""/media/DIGEST.jpg: the staff's images, for LINE and for browsers, to be kept by everybody."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as AnyResponse

from bot.errors import StoreError

# The address is the digest of the bytes: what it names never changes.
_FOREVER = "public, max-age=31536000, immutable"
_HEX = frozenset("0123456789abcdef")


def media_blueprint(read: Callable[[str], bytes | None]) -> Blueprint:
    """`read` gives the JPEG of a digest, None where there is none. Raises StoreError."""
    blueprint = Blueprint("media", __name__)

    @blueprint.get("/media/<digest>.jpg")
    def image(digest: str) -> AnyResponse:
        if len(digest) != 64 or not set(digest) <= _HEX:
            abort(404)
        try:
            data = read(digest)
        except StoreError:
            abort(503)
        if data is None:
            abort(404)
        response = Response(data, mimetype="image/jpeg")
        response.set_etag(digest)
        response.headers["Cache-Control"] = _FOREVER
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response.make_conditional(request)

    return blueprint
