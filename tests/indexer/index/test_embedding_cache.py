"""The embedding cache, opened over files that an earlier version wrote."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from indexer.encoder import Vectors
from indexer.index.vectors.embedding_cache import embedding_cache


def _encoded(batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
    for texts in batches:
        yield np.zeros((len(texts), 2), np.float32)


def _earlier(file: Path, texts: Sequence[str]) -> None:
    """A cache of the time when texts of unknown tokens had vectors too, all the same."""
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)")
        vector = np.array([0, 1], "<f2").tobytes()
        rows = [(blake2b(text.encode(), digest_size=16).digest(), vector) for text in texts]
        connection.executemany("INSERT INTO vectors VALUES (?, ?)", rows)
    connection.close()


@pytest.mark.parametrize("text", ["🎷🎷 🎸", "…!", "𒀀𒁀", "a🎷", "x" * 101])
def test_a_text_that_a_model_may_not_know_has_no_earlier_vector(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cache.sqlite"
    _earlier(file, [text])

    with embedding_cache(file, tmp_path) as cache:
        keys = cache.want([text])
        assert cache.wanted().texts == 1
        cache.embed(_encoded, lambda _: None)
        assert cache.vectors(keys).tolist() == [[0, 0]]


@pytest.mark.parametrize("text", ["Jazz", "🎷 Folge 1: Über Jazz", "(ça)-va!", "C++", "x" * 100])
def test_a_text_with_a_word_keeps_its_vector(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cache.sqlite"
    _earlier(file, [text])

    with embedding_cache(file, tmp_path) as cache:
        keys = cache.want([text])
        assert cache.wanted().texts == 0
        assert cache.vectors(keys).tolist() == [[0, 1]]
