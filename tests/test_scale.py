"""The instruments of `make bench-scale`; what they measure is no test's matter."""

from pathlib import Path

import numpy as np
import pytest

from indexer.encoder import Vectors
from tests.benchmarks.scale.likeness import DIMENSION, Likeness
from tests.benchmarks.scale.report import Size, as_json, plot, tables
from tests.benchmarks.scale.stages import ask, build

FACTS = {
    "machine": {"cpu": "a", "cores": 2, "memory_mib": 9, "load_average_before": 0.5},
    "commit": "c",
    "date": "d",
}


def nearest(questions: Vectors, episodes: Vectors) -> list[float]:
    cosines = -np.sort(-(questions @ episodes.T), axis=1)
    return [float(np.median(cosines[:, rank])) for rank in (0, 9, 99, 999, 9999)]


def test_made_up_episodes_and_questions_lie_as_real_ones_do() -> None:
    likeness = Likeness()
    episodes = np.concatenate(list(likeness.episodes(20_000)))
    assert episodes.shape == (20_000, DIMENSION)
    np.testing.assert_allclose(np.linalg.norm(episodes, axis=1), 1, atol=1e-5)

    questions = likeness.questions(episodes[:200])

    assert nearest(questions, episodes) == pytest.approx([0.56, 0.43, 0.35, 0.26, 0.11], abs=0.06)
    assert nearest(episodes[:200], episodes) == pytest.approx([1, 0.47, 0.38, 0.29, 0.12], abs=0.06)


def test_a_size_is_built_asked_told_and_plotted(tmp_path: Path) -> None:
    built = build(tmp_path, 300, wanted=0.98)
    asked = ask(tmp_path, built.record, threads=1)
    sizes = [Size(300, built, [asked])]

    assert asked.recall == 1
    assert built.disk_bytes == 300 * DIMENSION * 2
    assert "|      300 | exact " in tables(FACTS, sizes)
    assert as_json(FACTS, sizes)["sizes"][0]["built"]["record"]["kind"] == "exact"
    plot(sizes, tmp_path / "scale.png")
    assert (tmp_path / "scale.png").read_bytes().startswith(b"\x89PNG")
