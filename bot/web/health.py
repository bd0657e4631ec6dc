"""Is the process up (/healthz), and would it answer a resident now (/readyz)?"""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Blueprint, Response

from bot.services.readiness import Readiness


def health_blueprint(readiness: Readiness) -> Blueprint:
    """Both answer JSON; /readyz is 503 with the reasons where something is missing.

    With 200 it may have `warnings`: residents wait, though nothing of ours is broken.
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
        if warnings := readiness.warnings():
            return _json(200, {"status": "ok", "warnings": warnings})
        return _json(200, {"status": "ok"})

    return blueprint


def _json(status: int, value: Mapping[str, object]) -> Response:
    text = json.dumps(value, ensure_ascii=False)
    return Response(text, status=status, mimetype="application/json")
