"""Rounds of a watch over real sockets, by the command line."""

import json
import re
from collections.abc import Callable
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from indexer.__main__ import main
from indexer.snapshot import Snapshot, building
from tests.feed_site import FeedSite, Request, items
from tests.indexer.watch.conftest import SHOWS, topics

ALWAYS_DUE = ("--shortest", "0s", "--longest", "0s")

Watch = Callable[..., dict[str, Any]]


@pytest.fixture
def watch(index: Path, site: FeedSite, capsys: pytest.CaptureFixture[str]) -> Watch:
    """One round; gives its line, and what it wrote to standard error as `stderr`."""

    def once(*options: str, code: int = 0) -> dict[str, Any]:
        capsys.readouterr()
        site.asked.clear()
        assert main(["watch", "--once", "--out", str(index), *options]) == code
        out, err = capsys.readouterr()
        line: dict[str, Any] = json.loads(out)
        return line | {"stderr": err}

    return once


def files(root: Path) -> dict[str, tuple[int, int]]:
    """Of every file and folder, its time of change and size."""
    return {
        str(path.relative_to(root)): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in root.rglob("*")
    }


def test_a_feed_that_is_not_due_is_not_asked(watch: Watch, site: FeedSite) -> None:
    first = watch()
    assert [first["feeds"], first["asked"], first["changed"]] == [3, 3, 0]
    assert sorted(site.asked) == [Request(show, True) for show in SHOWS]
    site.publish("birds", items("birds", ["kites"]))
    second = watch()
    assert [second["feeds"], second["asked"], second["changed"]] == [3, 0, 0]
    assert [second["snapshot"], second["published"]] == [first["snapshot"], False]
    assert site.asked == []


def test_new_episodes_are_published_and_feeds_that_are_not_due_stay(
    watch: Watch, site: FeedSite, index: Path
) -> None:
    before = watch()
    site.publish("birds", items("birds", ["kites", *SHOWS["birds"]]))
    done = watch(*ALWAYS_DUE)
    assert [done["changed"], done["failed"], done["new_episodes"]] == [1, 0, 1]
    assert done["published"]
    assert done["snapshot"] != before["snapshot"]
    assert done["snapshot"] == (index / "CURRENT").read_text().strip()
    assert done["seconds"] > 0
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", done["time"])
    assert topics(index) == {"kites", "owls", "larks", "wrens", "chalk", "slate", "comets"}


def test_a_round_without_change_asks_for_changes_only_and_writes_nothing(
    watch: Watch, site: FeedSite, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.watch.watch.Watch.save", lambda _: None)  # what it does at its end
    monkeypatch.setattr("indexer.corpus.feeds.history.FeedHistory.write_answers", lambda _: None)
    before = files(index)
    done = watch(*ALWAYS_DUE)
    assert [done["asked"], done["changed"], done["published"]] == [3, 0, False]
    assert sorted(site.asked) == [Request(show, True) for show in SHOWS]
    assert files(index) == before


def test_a_change_that_no_episode_shows_is_read_once(
    watch: Watch, site: FeedSite, index: Path
) -> None:
    elsewhere = timezone(timedelta(hours=1))
    same = items("birds", SHOWS["birds"])
    same = [item._replace(published=item.published.astimezone(elsewhere)) for item in same]
    site.publish("birds", same)
    assert [(done := watch(*ALWAYS_DUE))["changed"], done["published"]] == [1, False]
    before = index.stat().st_mtime_ns
    assert [(done := watch(*ALWAYS_DUE))["changed"], done["published"]] == [0, False]
    assert index.stat().st_mtime_ns == before, "nothing was staged"


def test_a_failing_feed_is_reported_once_per_round_and_keeps_its_episodes(
    watch: Watch, site: FeedSite, index: Path
) -> None:
    site.down.add("rocks")
    for _ in range(2):
        done = watch(*ALWAYS_DUE)
        assert [done["failed"], done["published"]] == [1, False]
        [failure] = done["failures"]
        assert failure["feed"] == site.address("rocks")
        assert done["stderr"].count("/rocks: answers 503") == 1
    site.publish("birds", items("birds", ["kites", *SHOWS["birds"]]))
    assert watch(*ALWAYS_DUE)["published"]
    assert {"chalk", "slate"} <= topics(index)
    site.down.clear()
    assert watch(*ALWAYS_DUE)["failed"] == 0


def test_a_failing_feed_that_is_not_due_is_still_in_the_manifest(
    watch: Watch, site: FeedSite, index: Path, subscriptions: Path
) -> None:
    site.down.add("rocks")
    assert watch()["failed"] == 1
    site.publish("trees", items("trees", ["oaks"]))
    subscriptions.write_text(site.subscriptions())
    done = watch()
    assert [done["asked"], done["failed"], done["published"]] == [1, 0, True]
    assert "/rocks: fails since 2" in done["stderr"]
    [failed] = Snapshot.current(index).manifest.corpus.failed_feeds
    assert failed.place == site.address("rocks")
    assert "are kept" in failed.reason


def test_headers_of_hosts_decide_when_feeds_are_requested_again(
    watch: Watch, site: FeedSite
) -> None:
    site.down.add("rocks")
    site.headers["rocks"] = {"Retry-After": "3600"}
    site.headers["stars"] = {"Cache-Control": "max-age=3600"}
    site.publish("birds", items("birds", SHOWS["birds"], timedelta()), channel="<ttl>0</ttl>")
    options = ("--shortest", "0s", "--longest", "2h")
    for _ in range(2):
        watch(*options)
    assert {request.path for request in site.asked} <= {"birds"}


def test_the_bounds_of_another_watch_are_not_held_against_a_feed(
    watch: Watch,
) -> None:
    assert watch()["asked"] == 3
    assert watch("--longest", "7d")["asked"] == 3


def test_a_list_is_read_in_each_round(watch: Watch, site: FeedSite, subscriptions: Path) -> None:
    watch()
    site.publish("trees", items("trees", ["oaks"]))
    subscriptions.write_text(site.subscriptions())
    done = watch()
    assert [done["feeds"], done["asked"], done["new_episodes"]] == [4, 1, 1]
    assert site.asked == [Request("trees", False)]


def test_a_file_is_looked_at_in_each_round(watch: Watch, index: Path, tmp_path: Path) -> None:
    file = tmp_path / "episodes.jsonl"
    file.write_text('{"id": "a", "summary": "Jazz on guitar."}\n')
    assert main(["build", "--corpus", str(file), "--out", str(index)]) == 0
    done = watch()
    assert [done["feeds"], done["asked"], done["published"]] == [0, 0, False]
    file.write_text(file.read_text() + '{"id": "b", "summary": "A history of Rome."}\n')
    done = watch()
    assert [done["asked"], done["published"], done["new_episodes"]] == [0, True, 1]


def test_a_feed_that_was_never_read_is_not_requested_for_a_while(
    watch: Watch, site: FeedSite, subscriptions: Path
) -> None:
    site.publish("trees", items("trees", ["oaks"]))
    site.down.add("trees")
    subscriptions.write_text(site.subscriptions())
    first = watch()
    assert [first["asked"], first["failed"], first["published"]] == [4, 1, False]
    second = watch()
    assert [second["asked"], second["failed"], site.asked] == [0, 0, []]


def test_a_feed_that_moved_keeps_its_plan(watch: Watch, site: FeedSite) -> None:
    site.publish("stones", items("rocks", SHOWS["rocks"]))
    site.moved["rocks"] = "/stones"
    first = watch()
    assert [first["feeds"], first["asked"], first["failed"]] == [3, 3, 0]
    second = watch()
    assert [second["feeds"], second["asked"], site.asked] == [3, 0, []]
    site.down.add("stones")
    third = watch(*ALWAYS_DUE)
    assert [third["feeds"], third["asked"], third["failed"]] == [3, 3, 1]
    assert [failure["feed"] for failure in third["failures"]] == [site.address("stones")]


def test_a_list_at_an_address_is_asked_in_each_round(
    watch: Watch, site: FeedSite, index: Path
) -> None:
    site.publish("seas", items("seas", ["tides"]))
    site.publish_list("list.opml")
    command = ["build", "--corpus", site.address("list.opml"), "--out", str(index)]
    assert main([*command, "--allow-private"]) == 0
    assert watch()["asked"] == 5
    assert watch()["asked"] == 1
    site.publish("trees", items("trees", ["oaks"]))
    site.publish_list("list.opml")
    assert watch()["new_episodes"] == 1
    assert site.asked == [Request("list.opml", True), Request("trees", False)]


def test_a_round_during_another_build_is_reported_and_the_next_one_runs(
    watch: Watch, site: FeedSite, index: Path
) -> None:
    site.publish("birds", items("birds", ["kites", *SHOWS["birds"]]))
    with building(index):
        done = watch(code=1)
    assert "another build is at work" in done["error"]
    assert [done["published"], site.asked] == [False, []]
    assert watch()["published"]


def test_a_refused_loss_is_reported_in_each_round_without_new_requests(
    watch: Watch, site: FeedSite, subscriptions: Path, index: Path
) -> None:
    subscriptions.write_text(site.subscriptions().replace(site.address("birds"), "birds.xml"))
    for asked in (2, 0):
        done = watch(code=1)
        assert "3 of 6 episodes would disappear" in done["error"]
        assert done["asked"] == asked
    assert topics(index) >= {*SHOWS["birds"]}


def test_without_a_snapshot_there_is_nothing_to_watch(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", "--once", "--out", str(root)]) == 1
    assert "run episode-search index" in capsys.readouterr().err


def test_metrics_are_written_for_node_exporter(
    watch: Watch, site: FeedSite, tmp_path: Path
) -> None:
    file = tmp_path / "watch.prom"
    site.down.add("rocks")
    site.publish("birds", items("birds", ["kites", "emus", *SHOWS["birds"]]))
    watch("--textfile", str(file))
    lines = file.read_text().splitlines()
    for line in (
        "episode_search_watch_rounds_total 1.0",
        "episode_search_watch_errors_total 0.0",
        "episode_search_watch_new_episodes_total 2.0",
        "episode_search_watch_published_total 1.0",
        "episode_search_watch_feeds 3.0",
        "episode_search_watch_feeds_asked 3.0",
        "episode_search_watch_feeds_changed 1.0",
        "episode_search_watch_feeds_failed 1.0",
    ):
        assert line in lines
    assert [path.name for path in tmp_path.glob("*.prom*")] == ["watch.prom"]


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--every", "soon", "soon is no period; give one as 90s, 15m, 2h or 1d"),
        ("--shortest", "5w", "5w is no period"),
        ("--textfile", "/nowhere/at/all.prom", "/nowhere/at is no folder"),
    ],
)
def test_a_wrong_option_is_refused_with_an_example(
    root: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, told: str
) -> None:
    with pytest.raises(SystemExit):
        main(["watch", "--out", str(root), option, value])
    assert told in capsys.readouterr().err
