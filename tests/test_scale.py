"""The tools of `make bench-scale`. No test asserts a speed."""

import re
from collections import Counter
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from indexer.encoder import Vectors
from indexer.encoder.artifact import Artifact
from tests.benchmarks.scale import whole
from tests.benchmarks.scale.corpora import Corpora
from tests.benchmarks.scale.given import GivenEncoder
from tests.benchmarks.scale.report import Size, as_json, plot, tables
from tests.benchmarks.scale.stages import ask, build
from tests.benchmarks.scale.synthetic_vectors import DIMENSION, SyntheticVectors

FACTS = {
    "machine": {"cpu": "a", "cores": 2, "memory_mib": 9, "load_average_before": 0.5},
    "commit": "c",
    "date": "d",
}


def nearest(questions: Vectors, episodes: Vectors) -> list[float]:
    cosines = -np.sort(-(questions @ episodes.T), axis=1)
    return [float(np.median(cosines[:, rank])) for rank in (0, 9, 99, 999, 9999)]


def test_synthetic_vectors_have_the_neighbour_cosines_of_real_ones() -> None:
    synthetic = SyntheticVectors()
    episodes = np.concatenate(list(synthetic.episodes(20_000)))
    assert episodes.shape == (20_000, DIMENSION)
    np.testing.assert_allclose(np.linalg.norm(episodes, axis=1), 1, atol=1e-5)

    questions = synthetic.questions(episodes[:200])

    assert nearest(questions, episodes) == pytest.approx([0.56, 0.43, 0.35, 0.26, 0.11], abs=0.06)
    assert nearest(episodes[:200], episodes) == pytest.approx([1, 0.47, 0.38, 0.29, 0.12], abs=0.06)


def test_an_index_of_one_size_is_built_measured_reported_and_plotted(tmp_path: Path) -> None:
    built = build(tmp_path, 300, wanted=0.98)
    asked = ask(tmp_path, built.record, threads=1)
    sizes = [Size(300, built, [asked])]

    assert asked.recall == 1
    assert built.disk_bytes == 300 * DIMENSION * 2
    assert "|     300 | exact " in tables(FACTS, sizes, [])
    assert as_json(FACTS, sizes, [])["sizes"][0]["built"]["record"]["kind"] == "exact"
    plot(sizes, [], tmp_path / "scale.png")
    assert (tmp_path / "scale.png").read_bytes().startswith(b"\x89PNG")


def test_hashed_vectors_resemble_real_ones_and_depend_only_on_the_text() -> None:
    texts = [f"text {number}" for number in range(20_000)]
    encoder = GivenEncoder()
    vectors = encoder.encode_documents(texts)
    again = GivenEncoder().encode_documents(texts[5:9])  # sums round differently in other batches
    np.testing.assert_allclose(again, vectors[5:9], atol=1e-6)

    questions = encoder.encode_queries(texts[:200])

    assert nearest(questions, vectors) == pytest.approx([0.56, 0.43, 0.35, 0.26, 0.11], abs=0.06)
    assert nearest(vectors[:200], vectors) == pytest.approx([1, 0.47, 0.38, 0.29, 0.12], abs=0.06)


def test_synthetic_texts_have_the_lengths_and_word_frequencies_of_real_ones() -> None:
    """Compared with 8,000 of the 20,000 real episodes, within a factor of two."""
    made = list(Corpora().episodes(8000))
    assert list(islice(Corpora().episodes(9000), 8000)) == made
    assert len({episode["id"] for episode in made}) == 8000
    assert len({episode["podcast"]["title"] for episode in made}) == pytest.approx(1000, abs=50)
    assert median(len(episode["title"].split()) for episode in made) == 6
    assert median(len(episode["summary"].split()) for episode in made) == pytest.approx(55, abs=3)

    words = Counter(
        word for episode in made for word in re.findall(r"\w+", episode["summary"].lower())
    )
    total, counts = words.total(), [count for _, count in words.most_common()]
    shares = [counts[rank] / total for rank in (0, 9, 99, 999)]
    np.testing.assert_allclose(
        np.log10(shares), np.log10([0.046, 0.0092, 0.001, 0.00012]), atol=0.3
    )


def test_a_service_of_one_size_is_built_measured_and_reported(
    tmp_path: Path, real_artifact: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "_WARM_UP_SECONDS", 0.1)
    monkeypatch.setattr(whole, "_SECONDS", 0.5)
    measured = whole.measure(tmp_path / "published", real_artifact.directory.parent, 60)

    assert measured.loaded.answers.answers > 0
    assert 20 < measured.anonymous_mib < measured.loaded.resident_mib < 2000
    assert all(measured.stages[stage] > 0 for stage in ("encode", "dense", "lexical", "evidence"))
    told = tables(FACTS, [], [measured])
    assert "|       60 | exact " in told
    assert "1.00 times as long at 60 episodes as at 60" in told
    figures = as_json(FACTS, [], [measured])["wholes"][0]
    assert figures["published"]["index"]["recall_at_10"] == 1
    plot([], [measured], tmp_path / "scale.png")
