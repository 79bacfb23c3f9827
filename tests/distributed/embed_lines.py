"""Embeds the lines of a file by a cluster, or here, and writes the vectors.

python -m tests.distributed.embed_lines local|HOST:PORT|ray://HOST:PORT FILE FOLDER; a batch is told
as a line of the output, so that a test can kill a node in between.
"""

import sys
import time
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path

import numpy as np

from indexer.encoder import Encoder
from indexer.encoder.artifact import Artifact, prepare
from indexer.encoder.cluster import EncodeAll, here
from indexer.encoder.cluster.ray_actors import RayCluster
from indexer.encoder.model import resolve_model
from indexer.encoder.parity_check import open_encoder

_TEXTS_A_BATCH = 64


def main(place: str, file: str, folder: str) -> None:
    artifact = prepare(resolve_model(), Path(folder) / "encoders", "int8", threads=1)
    encoder = open_encoder(artifact.directory, artifact.record, threads=1)
    lines = iter(Path(file).read_text().splitlines())
    batches = iter(lambda: [*islice(lines, _TEXTS_A_BATCH)], [])
    rows, started = [], 0.0
    with _cluster(place, artifact, encoder) as encode_all:
        for vectors in encode_all(batches):
            started = started or time.monotonic()  # the first batch waits for the model
            rows.append(vectors)
            print(f"batch {len(rows)}", flush=True)
    seconds = time.monotonic() - started
    np.save(Path(folder) / "vectors.npy", np.concatenate(rows))
    print(f"{_TEXTS_A_BATCH * (len(rows) - 1) / seconds:.0f} texts a second")


def _cluster(place: str, artifact: Artifact, encoder: Encoder) -> AbstractContextManager[EncodeAll]:
    if place == "local":
        return nullcontext(here(encoder))
    return RayCluster(place)(artifact, encoder.precision)


if __name__ == "__main__":
    main(*sys.argv[1:])
