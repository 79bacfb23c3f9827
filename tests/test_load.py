"""A short run of every torture that loads a service, each alone on the machine.

With the fake encoder. No test asserts a speed.
"""

from pathlib import Path

import pytest

from indexer.encoder.artifact import Artifact
from tests.torture.__main__ import TORTURES
from tests.torture.row import Ground

DOSE = 0.04
DOSES = {  # of those whose load others would disturb
    "swaps": DOSE,
    "overload": DOSE,
    "soak": 0.003,  # of an hour: ten seconds
    "worst": 0.002,  # of 100,000 episodes: 200
    "memory": 0.02,  # of ten minutes: twelve seconds
}


@pytest.mark.parametrize("name", DOSES)
def test_the_torture_passes(name: str, tmp_path: Path, artifact: Artifact) -> None:
    row = TORTURES[name](Ground(tmp_path, artifact), DOSES[name])

    assert row.held, row.measured
