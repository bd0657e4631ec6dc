"""Is the process up (/healthz), and would it answer a resident now (/readyz)?"""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Blueprint, Response

from bot.services.readiness import Readiness


def health_blueprint(readiness: Readiness) -> Blueprint:
    """Both answer JSON; /readyz is 503 with the reasons where something is missing.

    With 200 it may have `warnings`: residents wait, or are answered with the content before. Then
    `content` says `refused: N problems`.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return _json(200, {"status": "ok"})

    @blueprint.get("/readyz")
    def readyz() -> Response:
        reasons = readiness.reasons()
        if reasons:
            return _json(503, {"status": "unavailable", "reasons": reasons})
        found: dict[str, object] = {"status": "ok"}
        if refused := readiness.content_errors():
            found["content"] = f"refused: {refused} problem{'s' if refused > 1 else ''}"
        if warnings := readiness.warnings():
            found["warnings"] = warnings
        return _json(200, found)

    return blueprint


def _json(status: int, value: Mapping[str, object]) -> Response:
    text = json.dumps(value, ensure_ascii=False)
    return Response(text, status=status, mimetype="application/json")
