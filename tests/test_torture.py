"""A short run of every torture, with the fake encoder. No test asserts a speed."""

from pathlib import Path

import pytest

from indexer.encoder.artifact import Artifact
from tests.torture.__main__ import TORTURES
from tests.torture.row import Ground

DOSE = 0.04
DOSES = {
    "soak": 0.003,  # of an hour: ten seconds
    "model": 0.025,  # of 20,000 requests: 500
}


@pytest.mark.parametrize("name", TORTURES)
def test_the_torture_passes(name: str, tmp_path: Path, artifact: Artifact) -> None:
    row = TORTURES[name](Ground(tmp_path, artifact), DOSES.get(name, DOSE))

    assert row.held, row.measured
