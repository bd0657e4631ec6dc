"""The real server: slow clients are hung up on, the others do not notice them."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.config import HELP, REPOSITORY
from bot.line.signature import sign
from bot.server import THREADS
from bot.store.database import open_database
from bot.web.webhook import MAX_BODY_BYTES
from tests.builders import content, write
from tests.services.builders import silent_event
from tests.store.builders import rows

SECRET = "0123456789abcdef0123456789abcdef"
PATIENCE = 1.5  # instead of the real one, so that the test is quick
ENDLESS = 60.0  # longer than any test waits
RUN = f"""
import resource
import sys
import bot.httpworker as worker
import bot.server as server
from bot.config import Settings
from bot.logs import configure_logs
configure_logs()
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[4]),) * 2)
server.CONNECTIONS = int(sys.argv[2])
worker.READ_SECONDS = float(sys.argv[3])
worker.WRITE_SECONDS = {PATIENCE}
server.run(Settings.every_from_env(), "127.0.0.1", int(sys.argv[1]))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """The port of a running `serve`, and its folder."""
    folder = tmp_path_factory.mktemp("serve")
    with serving(folder) as (port, process):
        yield port, folder
        process.terminate()
        process.wait(40)


@contextmanager
def serving(
    folder: Path, connections: int = 1000, patience: float = PATIENCE, files: int = 4096
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    names = {name.upper() for name in HELP}
    environment = {k: v for k, v in os.environ.items() if k not in names} | {
        "MADOGUCHI_CITY": "minato",
        "MADOGUCHI_CONTENT_DIR": str(write(folder, content())),
        "MADOGUCHI_DATABASE_URL": f"sqlite:///{folder}/test.db",
        "MADOGUCHI_CACHE_DIR": str(folder / "cache"),
        "LINE_CHANNEL_SECRET": SECRET,
        "LINE_CHANNEL_ACCESS_TOKEN": "token",
        "LINE_API_BASE": "http://127.0.0.1:9",
        "PYTHONPATH": str(REPOSITORY),
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
    }
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(port), str(connections), str(patience), str(files)],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            deadline = time.monotonic() + 60
            while not ready(port):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.1)
            yield port, process
        finally:
            process.kill()
            process.wait(40)


def ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def deliver(port: int, *event_ids: str, pause: float = 0.0) -> list[int]:
    """Signed webhooks on one connection, the body of each in two halves with a pause between."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        return [deliver_on(connection, event_id, pause) for event_id in event_ids]
    finally:
        connection.close()


def deliver_on(connection: http.client.HTTPConnection, event_id: str, pause: float) -> int:
    event = silent_event("sticker", webhookEventId=event_id)
    body = json.dumps({"destination": "U" + "0" * 32, "events": [event]}).encode()
    connection.putrequest("POST", "/line/webhook")
    connection.putheader("X-Line-Signature", sign(SECRET, body))
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    connection.send(body[:20])
    if pause:
        time.sleep(pause)
        assert ready(connection.port)  # so that the server has looked at who is late
    connection.send(body[20:])
    response = connection.getresponse()
    response.read()
    return response.status


HEAD = b"POST /line/webhook HTTP/1.1\r\nHost: x\r\n"
BODY = HEAD + b"X-Line-Signature: wrong\r\nContent-Length: 100000\r\n\r\n"


def drip(port: int, start: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(start)
    return connection


def hung_up(connections: list[socket.socket], seconds: float) -> list[float]:
    """Send a byte to each now and then; when each was hung up on, inf for never."""
    started, ends = time.monotonic(), [float("inf")] * len(connections)
    while time.monotonic() - started < seconds and float("inf") in ends:
        for number, connection in enumerate(connections):
            if ends[number] != float("inf"):
                continue
            try:
                connection.sendall(b"x")
                connection.setblocking(False)
                if connection.recv(4096) == b"":
                    ends[number] = time.monotonic() - started
            except BlockingIOError:
                pass
            except OSError:
                ends[number] = time.monotonic() - started
        time.sleep(0.2)
    return ends


@pytest.mark.parametrize("start", [HEAD, BODY], ids=["headers", "body"])
def test_who_sends_a_byte_now_and_then_is_hung_up_on_and_others_are_served(
    served: tuple[int, Path], start: bytes
) -> None:
    port, folder = served
    slow = [drip(port, start) for _ in range(THREADS)]  # as many as there are threads
    ends = hung_up(slow, 30)
    for connection in slow:
        connection.close()
    assert max(ends) < 30
    assert deliver(port, f"after-{len(start)}") == [200]
    db = opened_beside(folder)
    assert f"after-{len(start)}" in db


def opened_beside(folder: Path) -> dict[str, object]:
    db = open_database(f"sqlite:///{folder}/test.db", exclusive=False)
    try:
        return rows(db)
    finally:
        db.close()


def test_nobody_commands_the_server_by_a_socket_of_its_own(served: tuple[int, Path]) -> None:
    _, folder = served
    assert not [path for path in folder.rglob("*") if path.is_socket()]


def test_a_pause_shorter_than_our_patience_is_no_offence(served: tuple[int, Path]) -> None:
    port, folder = served
    # On a connection that has served before, too.
    assert deliver(port, "halting", "again", pause=PATIENCE / 3) == [200, 200]
    assert {"halting", "again"} <= opened_beside(folder).keys()


def test_connections_that_wait_keep_no_thread(served: tuple[int, Path]) -> None:
    port, _ = served
    address = ("127.0.0.1", port)
    silent = [socket.create_connection(address, timeout=20) for _ in range(THREADS)]
    kept = [http.client.HTTPConnection(*address, timeout=20) for _ in range(THREADS)]
    for number, connection in enumerate(kept * 2):  # each twice, none closed between
        assert deliver_on(connection, f"kept-{number}", 0.0) == 200
    for late in silent:
        late.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert late.recv(100).startswith(b"HTTP/1.1 200 ")
        late.close()
    for connection in kept:
        connection.close()


def test_who_comes_when_all_places_are_taken_gets_that_of_who_was_silent_longest(
    tmp_path: Path,
) -> None:
    places = THREADS + 12
    with serving(tmp_path, places) as (port, _):
        address = ("127.0.0.1", port)
        taken = [socket.create_connection(address, timeout=20) for _ in range(places)]
        late = http.client.HTTPConnection(*address, timeout=20)
        assert deliver_on(late, "late", 0.0) == 200
        assert taken[0].recv(100) == b""
        taken[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert taken[-1].recv(100).startswith(b"HTTP/1.1 200 ")
        for connection in (*taken, late):
            connection.close()


def test_where_no_more_files_can_be_opened_idle_connections_make_room(tmp_path: Path) -> None:
    with serving(tmp_path, files=260) as (port, _):
        address = ("127.0.0.1", port)
        idle = [socket.create_connection(address, timeout=20) for _ in range(300)]
        assert deliver(port, "in-spite-of-all") == [200]
        assert looked(port) == {"status": "ok"}
        for connection in idle:
            connection.close()


HALF_HEAD = HEAD + b"X-Half: "
HALF_BODY = HEAD + b"X-Line-Signature: wrong\r\nContent-Length: 90000\r\n\r\n" + b"x" * 50_000
HALF_CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFF\r\n{"
EXPECTING = HEAD + b"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n"
HUGE = HEAD + b"Content-Length: 900000\r\n\r\n"
ENDLESS_HEAD = HEAD + b"X-A: " + b"x" * 40_000


def test_any_number_of_slow_clients_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Whatever they are slow with; nobody is hung up on meanwhile."""
    starts = (HALF_HEAD, HALF_BODY, HALF_CHUNKS, EXPECTING, HUGE, ENDLESS_HEAD, HALF_HEAD)
    with serving(tmp_path, patience=ENDLESS) as (port, _):
        slow = [drip(port, start) for start in starts for _ in range(2 * THREADS)]
        answered = drip(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + HALF_HEAD)
        assert answered.recv(100).startswith(b"HTTP/1.1 200 ")
        assert deliver(port, "among-them", "again", pause=0.3) == [200, 200]
        for connection in slow:
            connection.sendall(b"x")
        assert deliver(port, "once-more") == [200]
        assert all(map(still_open, slow))
        for connection in (*slow, answered):
            connection.close()


def still_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(4096) != b""
    except BlockingIOError:
        return True


def test_who_does_not_take_the_answers_is_hung_up_on(served: tuple[int, Path]) -> None:
    port, _ = served
    greedy = []
    for _ in range(THREADS):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"GET /chat HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
        greedy.append(connection)
    assert deliver(port, "after-the-greedy") == [200]
    for connection in greedy:
        connection.close()


def test_a_request_that_comes_in_pieces_is_answered_once_it_is_whole(
    served: tuple[int, Path],
) -> None:
    port, _ = served
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        ask = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        for piece in (ask[:5], ask[5:-1], ask[-1:] + ask[:9], ask[9:]):
            connection.sendall(piece)
            time.sleep(0.05)
        seen = b""
        while seen.count(b"HTTP/1.1 200 ") < 2:
            assert (more := connection.recv(4096)), seen
            seen += more


def test_a_long_upload_is_taken_in_pieces_too(served: tuple[int, Path]) -> None:
    port, folder = served
    for number, size in enumerate((300, 40_000, 300_000, MAX_BODY_BYTES)):
        event = silent_event("sticker", webhookEventId=f"long-{number}")
        body = json.dumps({"destination": "U" + "0" * 32, "events": [event]}).encode()
        body += b" " * (size - len(body))
        head = b"POST /line/webhook HTTP/1.1\r\nHost: x\r\nX-Line-Signature: "
        head += f"{sign(SECRET, body)}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            said = head + body
            for at in range(0, len(said), 100_000):
                connection.sendall(said[at : at + 100_000])
                time.sleep(0.02)
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    assert {f"long-{number}" for number in range(4)} <= opened_beside(folder).keys()


def test_who_sends_far_too_much_is_told_so_before_the_connection_ends(
    served: tuple[int, Path],
) -> None:
    port, _ = served
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/line/webhook", b"x" * 9_000_000, {"X-Line-Signature": "wrong"})
    assert connection.getresponse().status == 413
    connection.close()


def test_what_is_no_request_leaves_nothing_of_it_in_the_log(served: tuple[int, Path]) -> None:
    port, folder = served
    for nonsense in (
        b"GET /chat?q=1234 5678 9012 HTTP/1.1\r\n\r\n",
        b"GET /chat HTTP/1.1\r\nHost: x\r\nX: 123456789012\x00\r\n\r\n",
        b"G\x01T /123456789012 HTTP/1.1\r\n\r\n",
        b"GET /chat HTTP/1.1\r\nHost: x\r\nExpect: 123456789012\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(nonsense)
            assert connection.recv(100).startswith(b"HTTP/1.1 4")
    lines = (folder / "log").read_text("utf-8").splitlines()
    said = [json.loads(line) for line in lines if not line.startswith("ブラウザで")]
    assert "Invalid request" in [line["event"] for line in said]
    assert "9012" not in "".join(lines)


def test_requests_sent_in_one_go_are_all_answered(served: tuple[int, Path]) -> None:
    port, _ = served
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        seen = b""
        while seen.count(b"HTTP/1.1 200 ") < 3:
            assert (more := connection.recv(4096)), seen
            seen += more


@pytest.mark.parametrize(
    ("sign_of_stop", "answered"), [(signal.SIGTERM, True), (signal.SIGINT, False)]
)
def test_a_stop_ends_all_threads_and_a_polite_one_answers_first(
    tmp_path: Path, sign_of_stop: signal.Signals, answered: bool
) -> None:
    with serving(tmp_path) as (port, process):
        idle = socket.create_connection(("127.0.0.1", port), timeout=20)
        halting = socket.create_connection(("127.0.0.1", port), timeout=20)
        halting.sendall(b"GET /healthz HTTP/1.1\r\n")
        time.sleep(0.3)
        process.send_signal(sign_of_stop)
        time.sleep(0.3)
        if answered:
            halting.sendall(b"Host: x\r\n\r\n")
            said = halting.recv(4096)
            assert said.startswith(b"HTTP/1.1 200 ") and b"Connection: close" in said
        halting.close()
        process.wait(30)
        assert process.returncode == 0
        idle.close()


def test_chunks_that_are_none_are_the_senders_fault(served: tuple[int, Path]) -> None:
    port, _ = served
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(
            b"POST /line/webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_a_body_in_chunks_over_the_limit_is_413_and_one_within_is_taken(
    served: tuple[int, Path],
) -> None:
    port, folder = served
    event = silent_event("sticker", webhookEventId="in-chunks")
    body = json.dumps({"destination": "U" + "0" * 32, "events": [event]}).encode()
    assert in_chunks(port, body + b" " * (MAX_BODY_BYTES - len(body))) == 200
    assert in_chunks(port, body + b" " * (MAX_BODY_BYTES - len(body) + 1)) == 413
    assert in_chunks(port, body + b" " * (2 * MAX_BODY_BYTES)) == 413
    assert "in-chunks" in opened_beside(folder)


def in_chunks(port: int, body: bytes) -> int:
    """The status of a signed webhook that does not say its length."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"X-Line-Signature": sign(SECRET, body), "Transfer-Encoding": "chunked"}
    parts = (body[at : at + 60_000] for at in range(0, len(body), 60_000))
    try:
        connection.request("POST", "/line/webhook", parts, headers, encode_chunked=True)
        return connection.getresponse().status
    finally:
        connection.close()


def test_ready_says_that_new_content_is_refused_until_it_is_mended(
    served: tuple[int, Path],
) -> None:
    port, folder = served
    assert looked(port) == {"status": "ok"}
    path = folder / "knowledge" / "cities" / "minato.yaml"
    good = path.read_text("utf-8")
    path.write_text(good + "\nname: もう一度\n", "utf-8")
    try:
        until(lambda: "content" in looked(port))
        said = looked(port)
        assert said["status"] == "ok" and str(said["content"]).startswith("refused: ")
        assert "前の正しい内容で答えています" in str(said["warnings"])
    finally:
        path.write_text(good, "utf-8")
    until(lambda: looked(port) == {"status": "ok"})


def looked(port: int) -> dict[str, object]:
    """What /readyz says, with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        assert response.status == 200
        found: dict[str, object] = json.load(response)
        return found
    finally:
        connection.close()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)
