from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.__main__ import main
from indexer.encoder.artifact import Artifact
from indexer.snapshot import Snapshot
from tests.feed_site import FeedSite, feed_site, items

SHOWS = {"birds": ["owls", "larks", "wrens"], "rocks": ["chalk", "slate"], "stars": ["comets"]}


@pytest.fixture
def site() -> Iterator[FeedSite]:
    with feed_site() as site:
        for show, topics in SHOWS.items():
            site.publish(show, items(show, topics))
        yield site


@pytest.fixture
def subscriptions(site: FeedSite, tmp_path: Path) -> Path:
    file = tmp_path / "list.opml"
    file.write_text(site.subscriptions())
    return file


@pytest.fixture
def index(
    monkeypatch: pytest.MonkeyPatch, artifact: Artifact, root: Path, subscriptions: Path
) -> Path:
    """The list, built, in `root`."""
    monkeypatch.setattr("indexer.commands.publishing.resolve_model", lambda *_: None)
    monkeypatch.setattr("indexer.commands.publishing.prepare", lambda *_: artifact)
    command = ["build", "--corpus", str(subscriptions), "--out", str(root), "--allow-private"]
    assert main(command) == 0
    return root


def topics(root: Path) -> set[str]:
    episodes = Snapshot.current(root).episodes
    ids = (episodes.episode(row).episode_id for row in range(len(episodes)))
    return {name.rpartition("/")[2] for name in ids}
