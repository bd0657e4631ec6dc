"""Style, script and icon under addresses that hold a digest of their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Response, abort

_FOREVER = "public, max-age=31536000, immutable"
# An address of another version (a page from before an update): the present file, kept by nobody.
_NOT_KEPT = "no-cache"
_MIMETYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Asset:
    """A file as it is served."""

    data: bytes
    mimetype: str
    digest: str


class Assets:
    """The files of one folder, read once."""

    def __init__(self, directory: Path) -> None:
        self._assets = {path.name: _read(path) for path in directory.iterdir() if path.is_file()}

    def digest(self, name: str) -> str:
        """What to put into the file's address. Raises KeyError for an unknown name."""
        return self._assets[name].digest

    def response(self, digest: str, name: str) -> Response:
        """The file, to be cached for good under its own digest; 404 for an unknown name."""
        asset = self._assets.get(name)
        if asset is None:
            abort(404)
        response = Response(asset.data, mimetype=asset.mimetype)
        response.headers["Cache-Control"] = _FOREVER if digest == asset.digest else _NOT_KEPT
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _read(path: Path) -> Asset:
    data = path.read_bytes()
    mimetype = _MIMETYPES.get(path.suffix, "application/octet-stream")
    return Asset(data, mimetype, hashlib.sha256(data).hexdigest()[:16])
