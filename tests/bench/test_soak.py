"""The soak's verdict, and a very short soak of the real server."""

from dataclasses import replace

import pytest

from bot.bench import soak
from bot.bench.soak import Minute, verdict

TIMES = {"p50": 5.0, "p99": 20.0, "max": 30.0}
QUIET = Minute(1, 100, 0, 0, 300.0, 5.0, TIMES, TIMES, 1.0, 0.1, ready=True, deleted=0)


def hour(**last_ten):
    return [replace(QUIET, minute=n + 1, **(last_ten if n >= 50 else {})) for n in range(60)]


def test_an_hour_in_which_nothing_changes_is_good():
    found = verdict(hour())
    assert found["good"] and found["minutes_compared"] == 10 and found["events"] == 6000


@pytest.mark.parametrize(
    ("last_ten", "broken"),
    [
        ({"pss_mib": 316.0}, "memory_flat"),
        ({"end_to_end": TIMES | {"p99": 60.0}}, "p99_stable"),
        ({"ack": TIMES | {"p99": 60.0}}, "p99_stable"),
        ({"failed": 1}, "no_error"),
        ({"unanswered": 1}, "no_error"),
        ({"ready": False}, "no_error"),
    ],
)
def test_what_grows_slows_down_or_fails_is_not(last_ten, broken):
    found = verdict(hour(**last_ten))
    assert not found["good"]
    assert [name for name in ("memory_flat", "p99_stable", "no_error") if not found[name]] == [
        broken
    ]


def test_memory_of_the_first_minutes_is_warming_up():
    cold = [replace(QUIET, pss_mib=100.0)] * 10
    assert verdict(cold + hour()[10:])["memory_flat"]


def test_a_short_soak_of_the_real_server_loses_nothing():
    found = soak.run(2, rate=10.0, minute_seconds=3.0)
    assert found["events"] == 40 and found["no_error"]
    assert all(each["pss_mib"] > 50 and each["cpu_ms_per_event"] > 0 for each in found["each"])
