from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from indexer.index.said_index import Said, SaidIndex, SaidWriter
from indexer.index.vectors.half_bytes import HalfByteWriter
from indexer.snapshot.layout import said_files

ROWS = [
    [Said(0.0, 9.5, "We plant kelp.", "Ana"), Said(9.5, 4000.3, "Otters é.", None)],
    [],
    [Said(1.0, 2.0, "Urchins.", "Bo")],
]


@pytest.mark.parametrize("dimension", [8, 23])
def test_what_is_said_is_read_again(tmp_path: Path, dimension: int) -> None:
    vectors = np.random.default_rng(0).normal(size=(3, dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    files = said_files(tmp_path)
    halves = HalfByteWriter(files.codes, files.scales, dimension)
    with closing(SaidWriter(files)) as writer, closing(halves) as codes:
        for row in ROWS:
            writer.add(row)
        codes.add(vectors)
    index = SaidIndex(files, dimension)
    assert [index.passages(row) for row in range(3)] == ROWS
    found = [index.cosines(row, vectors[2]) for row in range(3)]
    assert [len(each) for each in found] == [2, 0, 1]
    exact = vectors @ vectors[2]
    assert np.abs(np.concatenate(found) - exact).max() < 0.1
