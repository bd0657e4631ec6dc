"""GET /metrics for Prometheus: not for the public, and without anything about a resident."""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bot.services.vitals import Vitals

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
_LOOPBACK = ("127.0.0.1", "::1")
# A proxy on this machine is a loopback address too; these tell that somebody stands behind it.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")
_WEBHOOK = "webhook.webhook"


class Metrics:
    """The numbers of one process; `look_at` adds those of the database."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._acks = Histogram(
            "madoguchi_webhook_seconds",
            "Time until a webhook was acknowledged",
            ("status",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._requests = Counter(
            "madoguchi_http_requests",
            "Requests by page and status",
            ("endpoint", "status"),
            registry=self._registry,
        )
        self._answers = Counter(
            "madoguchi_answers", "Events by outcome", ("outcome",), registry=self._registry
        )
        self._replies = Counter(
            "madoguchi_replies", "Reply calls by result", ("result",), registry=self._registry
        )
        # A look-up by labels costs more than counting, and there are few: words of the code.
        self._of_acks = cache(self._acks.labels)
        self._of_requests = cache(self._requests.labels)
        self._of_answers = cache(self._answers.labels)
        self._of_replies = cache(self._replies.labels)

    def look_at(self, vitals: Vitals) -> None:
        """Also tell, at each look, whether all is well and how old the oldest work is."""
        self._registry.register(_Looked(vitals))

    def answered(self, outcome: str) -> None:
        """One event came to `outcome`, a word of the code."""
        self._of_answers(outcome).inc()

    def replied(self, result: str) -> None:
        """One reply call ended."""
        self._of_replies(result).inc()

    def watch(self, app: Flask) -> None:
        """Measure every request of `app`."""

        @app.before_request
        def start() -> None:
            g.started = time.perf_counter()

        @app.after_request
        def measure(response: Response) -> Response:
            status = str(response.status_code)
            endpoint = request.endpoint or "none"
            self._of_requests(endpoint, status).inc()
            if endpoint == _WEBHOOK and (started := g.get("started")):
                self._of_acks(status).observe(time.perf_counter() - started)
            return response

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)


@dataclass(eq=False)  # the registry keeps it by identity
class _Looked(Collector):
    vitals: Vitals

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What is looked up anew."""
        ready = "1 if a resident who writes now is answered"
        yield _gauge("madoguchi_ready", ready, self.vitals.ready())
        yield _gauge(
            "madoguchi_content_errors",
            "Errors in the content files; while there are any, the last good content answers",
            self.vitals.content_errors(),
        )
        lag = self.vitals.lag()
        if lag is None:
            return  # madoguchi_ready says it; a missing age is no age of 0
        yield _gauge("madoguchi_open_events", "Events not settled yet", lag.open_events)
        yield _gauge(
            "madoguchi_oldest_waiting_event_seconds",
            "Age of the oldest event that nobody has looked at",
            lag.oldest_event,
        )
        yield _gauge("madoguchi_open_batches", "Batches due and not settled", lag.open_batches)
        yield _gauge(
            "madoguchi_oldest_unsent_batch_seconds",
            "How long the oldest batch has been due",
            lag.oldest_batch,
        )
        yield _gauge(
            "madoguchi_silent_accounts",
            "Accounts whose last replies all failed, whichever process sent them",
            lag.silent,
        )
        yield _gauge("madoguchi_last_backup_age_seconds", "Age of the last backup", lag.last_backup)


def metrics_blueprint(metrics: Metrics, token: str) -> Blueprint:
    """With a token: whoever sends it as a Bearer. Without: this machine alone, past no proxy."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def show() -> Response:
        if not _may_read(token):
            # As if there were nothing: a stranger need not know that a token would help.
            return Response(status=404, mimetype="text/plain")
        return Response(metrics.text(), mimetype=None, content_type=CONTENT_TYPE_LATEST)

    return blueprint


def _may_read(token: str) -> bool:
    if token:
        given = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {token}".encode())
    return request.remote_addr in _LOOPBACK and not any(h in request.headers for h in _FORWARDED)


def _gauge(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    """Without a sample where there is no value."""
    return GaugeMetricFamily(name, text, value)
