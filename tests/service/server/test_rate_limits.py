"""Rate limits, counted over all processes."""

import subprocess
import sys

import pytest

from service.server.rate_limits import RateLimiter
from tests.conftest import REPOSITORY


def asked(rates: RateLimiter, who: str, times: int = 100) -> int:
    """The number of requests that are within the limits."""
    return sum(rates.exceeded(who) is None for _ in range(times))


def test_each_client_has_its_own_limit() -> None:
    rates = RateLimiter("5/hour")

    assert [asked(rates, who) for who in ("alice", "bob", "alice")] == [5, 5, 0]


def test_the_exceeded_one_of_two_limits_is_returned() -> None:
    rates = RateLimiter("1000/minute; 3/hour")

    assert asked(rates, "alice") == 3
    assert str(rates.exceeded("alice")) == "3 per 1 hour"


def test_a_window_slides(monkeypatch: pytest.MonkeyPatch) -> None:
    rates, now = RateLimiter("10/minute"), 6_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    assert asked(rates, "alice") == 10
    now += 90  # halfway through the next window, half of the previous requests count
    assert asked(rates, "alice") == 5
    now += 120
    assert asked(rates, "alice") == 10


def test_forked_processes_count_together() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], cwd=REPOSITORY, capture_output=True)

    assert sum(map(int, done.stdout.split())) == 1000


FORKED = r"""
import os
from service.server.rate_limits import RateLimiter

rates = RateLimiter("1000/hour")
for _ in range(4):
    if not os.fork():
        admitted = sum(rates.exceeded("alice") is None for _ in range(400))
        os.write(1, b"%d\n" % admitted)
        os._exit(0)
for _ in range(4):
    os.wait()
"""
