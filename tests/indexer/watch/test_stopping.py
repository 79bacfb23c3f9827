"""SIGTERM and SIGINT, sent to a real watch."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from indexer.__main__ import main
from indexer.snapshot import current_name
from tests.conftest import REPOSITORY
from tests.feed_site import FeedSite, items
from tests.indexer.watch.conftest import SHOWS, topics

NEVER = ("never", "")
NEW = {*SHOWS["birds"], "kites"}


@contextmanager
def watching(root: Path, moment: tuple[str, str] = NEVER) -> Iterator[subprocess.Popen[str]]:
    always = ("--every", "1h", "--shortest", "0s", "--longest", "0s")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.slow_watch", str(root), *moment, *always],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def stop(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> str:
    """Send the signal; gives what was said from then on to standard error."""
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    return told


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_between_two_rounds(index: Path, number: signal.Signals) -> None:
    with watching(index) as process:
        done = json.loads(line_of(process))
        told = stop(process, number)
    assert [process.returncode, told, done["asked"]] == [0, "", 3]


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(("open", "episodes"), id="while it reads"),
        pytest.param(("encode", ""), id="while it embeds"),
        pytest.param(("os.rename", ".body"), id="before what was fetched is in its place"),
        pytest.param(("os.rename", ".staging-"), id="before the snapshot is in its place"),
        pytest.param(("os.rename", "CURRENT"), id="before the switch"),
    ],
)
def test_an_abandoned_round_is_completed_by_the_next_watch(
    index: Path, site: FeedSite, moment: tuple[str, str]
) -> None:
    before = current_name(index)
    site.publish("birds", items("birds", ["kites", *SHOWS["birds"]]))
    with watching(index, moment) as process:
        assert line_of(process) == "stalled\n"
        told = stop(process)
    assert [process.returncode, "Traceback" in told] == [0, False]
    assert [current_name(index), [*index.glob(".staging-*")]] == [before, []]
    assert main(["watch", "--once", "--out", str(index)]) == 0
    assert topics(index) >= NEW
    assert [*(index / "feeds").glob("tmp*")] == []


def test_a_host_that_does_not_answer_does_not_keep_it(index: Path, site: FeedSite) -> None:
    site.publish("birds", items("birds", ["kites", *SHOWS["birds"]]))
    site.silent = threading.Event()
    with watching(index) as process:
        assert site.silent_asked.wait(60)
        stop(process)
    site.silent.set()
    assert process.returncode == 0
    site.silent = None
    assert main(["watch", "--once", "--out", str(index)]) == 0
    assert topics(index) >= NEW
