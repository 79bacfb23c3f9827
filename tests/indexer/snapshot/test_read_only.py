"""A service needs no write access to the snapshots that it serves."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, BuildFake

NOBODY = 65534
ASK = """
import os, sys
from pathlib import Path
from indexer.snapshot import Snapshot
from service.search.question_cache import QuestionCache
from service.search.query import Question
from service.search.retriever import Retriever
if os.geteuid() == 0:  # who may write everywhere
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
root = Path(sys.argv[1])
try:
    (root / "x").touch()
except PermissionError:
    (answer,) = Retriever(Snapshot.current(root), QuestionCache(0)).search([Question("jazz", 1)])
    print(answer.hits[0].episode.decode())
"""


@pytest.fixture
def read_only(build_fake: BuildFake, root: Path) -> Iterator[Path]:
    """A snapshot directory that everyone may read and nobody may write."""
    build_fake()
    for parent in (root, *root.parents):
        if parent == Path(parent.anchor):
            break
        if parent.stat().st_uid == os.geteuid():
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    for path in (*folders, *(path for path in root.rglob("*") if path.is_file())):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield root
    for folder in folders:
        folder.chmod(0o755)


def test_a_read_only_snapshot_answers_and_is_not_changed(read_only: Path) -> None:
    before = sorted(read_only.rglob("*"))

    asked = subprocess.run(
        [sys.executable, "-c", ASK, str(read_only), str(NOBODY)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert '"jazz"' in asked.stdout, asked.stderr
    assert sorted(read_only.rglob("*")) == before
