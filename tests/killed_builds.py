"""Kills builds by SIGKILL at random moments, each in its own process, and builds again.

python -m tests.killed_builds OLD_CORPUS NEW_CORPUS DIRECTORY COUNT

A moment is an audit event of Python ("open", "os.rename", "sqlite3.connect", …) or the encoding of
a batch. If a build ends before its moment, another moment is drawn. Prints as JSON for each kill:
which snapshot answered then, and whether the next build wrote the same files as an undisturbed one.
"""

import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np

from indexer.build import build
from indexer.encoder import Vectors
from indexer.encoder.artifact import Artifact
from indexer.encoder.onnx_encoder import OnnxEncoder
from indexer.index.vectors import embedding_cache
from indexer.snapshot import Snapshot, current_name, read_manifest
from tests.fakes import fake_artifact

_SEED = 11
_encode = OnnxEncoder.encode_documents


class Fuse:
    """Counts the moments of a build and kills the process at the chosen one."""

    def __init__(self, moment: int) -> None:
        self.count, self._moment = 0, moment
        sys.addaudithook(lambda *_: self.burn())

    def burn(self) -> None:
        self.count += 1
        if self.count == self._moment:
            os.kill(os.getpid(), signal.SIGKILL)


def main(old: str, new: str, place: str, count: str) -> None:
    directory = Path(place)
    artifact = fake_artifact(directory / "encoder")
    patch.object(OnnxEncoder, "encode_documents", _encode_in_company).start()
    patch.object(embedding_cache, "_TEXTS_A_BATCH", 4).start()
    before, undisturbed = directory / "before", directory / "undisturbed"
    _in_a_child(old, before, artifact)
    shutil.copytree(before, undisturbed)
    _in_a_child(new, undisturbed, artifact)
    moments = int((undisturbed / "moments").read_text())
    rng = random.Random(_SEED)
    kills = 0
    for number in range(2 * int(count)):
        if kills == int(count):
            break
        root = Path(shutil.copytree(before, directory / str(number)))
        if not _is_killed(new, root, artifact, rng.randrange(1, moments)):
            continue
        kills += 1
        answering = _answer(root)
        _in_a_child(new, root, artifact)
        same = _files(root) == _files(undisturbed)
        left = len(list(root.rglob(".staging-*")))
        print(json.dumps({"answers": answering, "same": same, "left": left}))


def _is_killed(corpus: str, root: Path, artifact: Artifact, moment: int) -> bool:
    return _in_a_child(corpus, root, artifact, moment) == signal.SIGKILL


def _in_a_child(corpus: str, root: Path, artifact: Artifact, moment: int = 0) -> int:
    """Build in a child process; returns the signal that ended it, or 0."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) * -1
    fuse = Fuse(moment)
    build([Path(corpus)], root, artifact)
    (root / "moments").write_text(str(fuse.count))
    os._exit(0)


def _encode_in_company(encoder: OnnxEncoder, texts: Sequence[str]) -> Vectors:
    """Encodes like a quantised graph: every vector depends a little on the rest of its batch."""
    sys.audit("encode")
    vectors = _encode(encoder, texts)
    vectors += np.float32(0.01) * vectors.mean(axis=0)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _answer(root: Path) -> str:
    snapshot = Snapshot.current(root)
    (rows,), _ = snapshot.indexes.dense.search(snapshot.encoder.encode_queries(["jazz guitar"]), 1)
    return snapshot.episodes.episode(int(rows[0])).episode_id


def _files(root: Path) -> dict[str, str]:
    """Checksums of all files but the lexical index, whose files have random names."""
    files = read_manifest(root / current_name(root)).files
    return {name: file.sha256 for name, file in files.items() if not name.startswith("lexical")}


if __name__ == "__main__":
    main(*sys.argv[1:])
