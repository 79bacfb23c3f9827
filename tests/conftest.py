import json
import os
import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from indexer.build import BuildOptions, Outcome, build
from indexer.encoder.artifact import Artifact, prepare
from indexer.encoder.model import resolve_model
from indexer.ranking.calibration.fitting import FEWEST_EPISODES
from indexer.snapshot import Snapshot
from service.telemetry.metrics_directory import metrics_directory
from tests.fakes import WORDS, fake_artifact

REPOSITORY = Path(__file__).parent.parent
SEEDS = REPOSITORY / "seeds"
SEED_SUMMARIES = SEEDS / "000_2f0e223b5a2c1814.txt"

# torch, multiprocessing and matplotlib (where the home cannot be written) remove them at exit.
_KEPT_UNTIL_EXIT = ("torchinductor", "pymp-", "matplotlib-")

EPISODES = (
    {"id": "streams", "summary": "Kafka and Flink: a stream of queues.", "title": "Streams"},
    {
        "id": "jazz",
        "summary": "Jazz on guitar and piano.",
        "podcast": {"title": "Sounds"},
        "season": 3,
    },
    {"id": "rome", "summary": "A history of Rome and its empire.", "guests": ["Mary"]},
    {"id": "soil", "summary": "The garden: soil and seeds."},
)


@pytest.fixture(scope="session", autouse=True)
def _no_folder_stays_in_the_temporary_directory(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """The run leaves no directory behind, except those that libraries remove at exit."""
    directory = tmp_path_factory.mktemp("tmp")  # short, since chromium opens a socket below it
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(directory))
        patch.setattr(tempfile, "tempdir", None)
        patch.setenv("XDG_CACHE_HOME", str(_of_the_run(tmp_path_factory) / "user-cache"))
        yield
        with metrics_directory():  # as the next service would, it removes those of killed ones
            pass
    left = {path.name for path in directory.iterdir() if path.is_dir()}
    assert not {name for name in left if not name.startswith(_KEPT_UNTIL_EXIT)}


def _of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of all processes of a run, so that an encoder is exported by one of them."""
    directory = tmp_path_factory.getbasetemp()
    return directory.parent if "PYTEST_XDIST_WORKER" in os.environ else directory


class BuildFake(Protocol):
    def __call__(self, episodes: Iterable[Mapping[str, object]] = ...) -> Outcome: ...


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return fake_artifact(tmp_path_factory.mktemp("encoder") / "fake")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "snapshots"


@pytest.fixture
def build_fake(tmp_path: Path, root: Path, artifact: Artifact) -> BuildFake:
    """Publishes episodes in `root`, embedded by the fake encoder."""

    def build_them(episodes: Iterable[Mapping[str, object]] = EPISODES) -> Outcome:
        corpus = tmp_path / "corpus.jsonl"
        corpus.write_text("".join(json.dumps(episode) + "\n" for episode in episodes))
        return build([corpus], root, artifact)

    return build_them


@pytest.fixture(scope="session")
def real_artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """The default model, exported once for all tests."""
    cache = tmp_path_factory.mktemp("encoders")
    return prepare(resolve_model(), cache, precision="int8", threads=2)


@pytest.fixture(scope="session")
def seed_root(tmp_path_factory: pytest.TempPathFactory, real_artifact: Artifact) -> Path:
    """The seed summaries, published with the real model."""
    root = tmp_path_factory.mktemp("seed-snapshots")
    build([SEED_SUMMARIES], root, real_artifact, BuildOptions(threads=2))
    return root


class OpenFake(Protocol):
    def __call__(self, episodes: Iterable[Mapping[str, object]]) -> Snapshot: ...


@pytest.fixture(scope="session")
def open_fake(tmp_path_factory: pytest.TempPathFactory, artifact: Artifact) -> OpenFake:
    """Opens a snapshot of episodes, shared by the tests of a module."""

    def open_them(episodes: Iterable[Mapping[str, object]]) -> Snapshot:
        directory = tmp_path_factory.mktemp("fake")
        corpus = directory / "corpus.jsonl"
        corpus.write_text("".join(json.dumps(episode) + "\n" for episode in episodes))
        build([corpus], directory / "snapshots", artifact)
        return Snapshot.current(directory / "snapshots")

    return open_them


@pytest.fixture(scope="session")
def fitted(open_fake: OpenFake) -> Snapshot:
    """A corpus large enough for a calibration of its own: episodes of mixed words, with guests."""
    rng = random.Random(0)
    return open_fake(
        {"id": f"e{n}", "title": " ".join(rng.sample(WORDS, 4)), "summary": _summary(n, rng)}
        for n in range(FEWEST_EPISODES)
    )


def _summary(number: int, rng: random.Random) -> str:
    name = "".join(chr(ord("a") + int(digit)) for digit in f"{number:03}")
    return f"{' '.join(rng.sample(WORDS, 9))} Guest Mc{name} {' '.join(rng.sample(WORDS, 3))}."
