"""Hosts that ask for less: rests, second attempts, few connections."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime

import pytest

from tests.http_host import Reply
from tests.indexer.corpus.fetching.conftest import Host, Page, Reader, rss, served

FEED = rss("birds", ["owls"])


def failing(times: int, status: int, **headers: str) -> Page:
    """Fails so often, then answers with the feed."""
    left = iter(range(times))
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def reply(_: Host, __: Message) -> Reply:
        return (200, FEED, {}) if next(left, None) is None else (status, b"", named)

    return reply


def in_two_seconds() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_temporary_failure_is_requested_once_more(host: Host, read: Reader, status: int) -> None:
    host.pages = {"/once": failing(1, status), "/twice": failing(2, status)}
    found = read(f"{host.address}/once", f"{host.address}/twice")
    assert found.titles == ["owls"]
    assert [f"/twice: answers {status}" in told for told in found.told] == [True]
    assert host.paths == {"/once": 2, "/twice": 2}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 501])
def test_a_permanent_failure_is_requested_once(host: Host, read: Reader, status: int) -> None:
    host.pages = {"/feed": failing(9, status)}
    assert read(f"{host.address}/feed").told
    assert host.paths == {"/feed": 1}


def test_a_connection_that_breaks_is_tried_again(host: Host, read: Reader) -> None:
    broken = {"Content-Length": "999999", "Connection": "close"}
    answers = iter([(200, FEED, broken), (200, FEED, {})])
    host.pages = {"/feed": lambda *_: next(answers)}
    assert [read(f"{host.address}/feed").titles, host.paths["/feed"]] == [["owls"], 2]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("pause", [lambda: "1", in_two_seconds])
def test_the_pause_that_a_host_asks_for_is_kept(
    host: Host, read: Reader, status: int, pause: Callable[[], str]
) -> None:
    times: list[datetime] = []

    def reply(_: Host, __: Message) -> Reply:
        times.append(datetime.now(UTC))
        return (200, FEED, {}) if len(times) > 1 else (status, b"", {"Retry-After": pause()})

    host.pages = {"/feed": reply}
    assert read(f"{host.address}/feed").titles == ["owls"]
    assert (times[1] - times[0]).total_seconds() > 0.9


@pytest.mark.parametrize("status", [429, 503])
def test_a_long_pause_is_reported_and_not_waited_for(host: Host, read: Reader, status: int) -> None:
    host.pages = {"/feed": failing(9, status, Retry_After="3600")}
    [told] = read(f"{host.address}/feed").told
    assert f"answers {status}" in told
    assert "asks to wait 3,600 seconds" in told
    assert host.paths == {"/feed": 1}


def test_after_a_429_no_feed_of_the_host_is_requested(host: Host, read: Reader) -> None:
    host.pages = {f"/{name}": failing(9, 429, Retry_After="3600") for name in range(20)}
    found = read(*(f"{host.address}/{name}" for name in range(20)))
    assert len(found.told) == 20, "each is told"
    assert host.paths.total() <= 2, "those that were under way"
    assert sum("its host asks for a longer rest" in told for told in found.told) >= 18


def test_a_busy_feed_does_not_stop_others_of_its_host(host: Host, read: Reader) -> None:
    host.pages = {"/busy": failing(9, 503, Retry_After="3600"), "/feed": FEED}
    assert read(f"{host.address}/busy", f"{host.address}/feed").titles == ["owls"]


def test_eight_feeds_of_a_busy_host_are_all_read(host: Host, read: Reader) -> None:
    """More than three at a time are refused; shared/data/cases/same-host-429."""
    wait = threading.Event()

    def reply(host: Host, _: Message) -> Reply:
        if host.at_once > 3:
            return 429, b"", {"Retry-After": "1"}
        wait.wait(0.05)
        return 200, FEED, {}

    host.pages = {f"/busy{number}": reply for number in range(8)}
    found = read(*(f"{host.address}/busy{number}" for number in range(8)))
    assert [len(found.records), found.told, host.most_at_once] == [8, [], 2]


def test_a_rest_does_not_hold_up_other_hosts(host: Host, read: Reader) -> None:
    """The resting host answers only once the other has been asked for all that it has."""
    with served(Host()) as other:
        all_asked = threading.Event()

        def last(_: Host, __: Message) -> Reply:
            if other.paths.total() == 40:
                all_asked.set()
            return 200, FEED, {}

        def resting(resting: Host, _: Message) -> Reply:
            if resting.paths.total() <= 40:
                return 503, b"", {"Retry-After": "2"}
            return (200 if all_asked.is_set() else 500), FEED, {}

        host.pages = {f"/{number}": resting for number in range(40)}
        other.pages = {f"/{number}": last for number in range(40)}
        found = read(
            *(f"{host.address}/{number}" for number in range(40)),
            *(f"{other.address}/{number}" for number in range(40)),
        )
    assert [len(found.records), found.told] == [80, []]
