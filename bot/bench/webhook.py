"""How fast a webhook is acknowledged and answered, by the real server process.

Load, server and the stand-in for LINE share the machine, as they do on two cores in practice.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bot.bench.figures import cpu_seconds, percentiles, pss_mib

SECRET = "bench-secret"
_START_SECONDS = 30.0
_DRAIN_SECONDS = 60.0


def run(
    rates: Sequence[float] = (50, 200, 300),
    seconds: float = 5.0,
    *,
    command: Sequence[str] = (),
    line_delay_ms: float = 0.0,
    settings: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Start the server on a fresh database and offer it each rate (events/s) for `seconds`.

    Times are ms: `ack` until the 200, `end_to_end` until the reply reached LINE's stand-in, both
    from when the event should have been sent; `cpu_ms_per_event` is the server's. `pss_mib` is the whole server, `cold_start_s` until
    /readyz says yes. `command` replaces `madoguchi serve`, `{port}` in it is filled in;
    No two messages are the same. `line_delay_ms` is how long LINE takes to answer; `settings` are added to the environment.
    """
    command = command or (sys.executable, "-m", "bot", "serve", "--port", "{port}")
    with tempfile.TemporaryDirectory() as folder, _stub(line_delay_ms) as line_port:
        port = _free_port()
        environment = _environment(Path(folder), line_port) | dict(settings or {})
        started = time.perf_counter()
        with _process([part.format(port=port) for part in command], environment) as server:
            cold_start = _wait_until_ready(port, started, server)
            _measure(server.pid, port, line_port, 20, 1.0, "warm")
            measured: list[dict[str, Any]] = []
            for number, rate in enumerate(rates):
                asked = 20 + sum(each["events"] for each in measured)
                name = f"r{number}"
                measured.append(_measure(server.pid, port, line_port, rate, seconds, name, asked))
            pss = pss_mib(server.pid)
    return {
        "cold_start_s": round(cold_start, 2),
        "pss_mib": round(pss, 1),
        "line_delay_ms": line_delay_ms,
        "rates": measured,
    }


def _measure(
    pid: int, port: int, line_port: int, rate: float, seconds: float, name: str, asked: int = 0
) -> dict[str, Any]:
    cpu = cpu_seconds(pid)
    load = subprocess.run(
        [sys.executable, "-m", "bot.bench.load", "--port", str(port), "--secret", SECRET]
        + ["--rate", str(rate), "--seconds", str(seconds), "--name", name]
        + ["--first", str(asked)],
        capture_output=True,
        check=True,
    )
    result = json.loads(load.stdout)
    sent: dict[str, float] = result["sent"]
    replied = _wait_for_replies(line_port, set(sent))
    times = [(replied[token] - at) * 1000 for token, at in sent.items() if token in replied]
    return {
        "rate": rate,
        "events": len(sent),
        "statuses": result["statuses"],
        "replied": len(times),
        # From the first one's due moment until the last one's reply: under load, the capacity.
        "replied_per_s": _per_second(sent, replied),
        "cpu_ms_per_event": round((cpu_seconds(pid) - cpu) * 1000 / len(sent), 2),
        "ack": percentiles(result["acks"]),
        "end_to_end": percentiles(times),
    }


def _per_second(sent: Mapping[str, float], replied: Mapping[str, float]) -> float:
    ends = [replied[token] for token in sent if token in replied]
    return round(len(ends) / (max(ends) - min(sent.values())), 1) if ends else 0.0


def _wait_for_replies(line_port: int, tokens: set[str]) -> dict[str, float]:
    deadline = time.monotonic() + _DRAIN_SECONDS
    while True:
        replied = dict(json.loads(_get(line_port, "/_replies")))
        if tokens <= replied.keys() or time.monotonic() > deadline:
            return replied
        time.sleep(0.3)


def _environment(folder: Path, line_port: int) -> dict[str, str]:
    # A shell set up for a real account must not leak into the bench; other content may be asked for.
    mine = ("MADOGUCHI_", "LINE_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(mine) or name == "MADOGUCHI_CONTENT_DIR"
    }
    return kept | {
        "MADOGUCHI_CITY": "hachioji",
        "MADOGUCHI_DATABASE_URL": f"sqlite:///{folder}/bench.db",
        "LINE_CHANNEL_SECRET": SECRET,
        "LINE_CHANNEL_ACCESS_TOKEN": "bench-token",
        "LINE_API_BASE": f"http://127.0.0.1:{line_port}",
        "LINE_DATA_API_BASE": f"http://127.0.0.1:{line_port}",
    }


@contextmanager
def _stub(delay_ms: float) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.bench.line_stub", "--delay-ms", str(delay_ms)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()  # its sign to end
        process.wait(10)
        process.stdout.close()


@contextmanager
def _process(
    command: Sequence[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield process
        except RuntimeError as error:
            output.seek(0)
            raise RuntimeError(f"{error}\n{output.read().decode(errors='replace')}") from None
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_until_ready(port: int, started: float, server: subprocess.Popen[bytes]) -> float:
    while (waited := time.perf_counter() - started) < _START_SECONDS:
        if server.poll() is not None:
            break
        with suppress(OSError, http.client.HTTPException, ValueError):
            _get(port, "/readyz")
            return time.perf_counter() - started
        time.sleep(0.02)
    raise RuntimeError(f"the server was not ready after {waited:.0f} s")


def _get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise ValueError(response.status)
    return body


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
