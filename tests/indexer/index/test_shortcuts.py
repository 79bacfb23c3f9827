"""What is read by a shorter way is what the long way reads."""

from pathlib import Path

import numpy as np
import pytest

from indexer.index.suggestions.word_list import WordFiles, WordList, write_words
from indexer.index.vectors.vector_file import VectorFile, VectorWriter
from indexer.index.words.lexical_index import stemmer
from indexer.index.words.words_of_text import sought_words, words_of_text

STEM = stemmer()
DIMENSION = 16
MANY = 4_096  # vectors, which are kept in float16


@pytest.mark.parametrize(
    "sought", [{"stream"}, {"cplusplus", "c"}, {"nodej"}, {"rome", "鐵路"}, {""}]
)
@pytest.mark.parametrize("text", ["Streams of C++, C and Node.js", "Rome 鐵路 streams", "", "¿?"])
def test_words_that_are_sought_are_those_of_all_words(text: str, sought: set[str]) -> None:
    every = [word for word in words_of_text(text, STEM) if word.stem in sought]
    assert sought_words(text, STEM, sought) == every


def test_every_number_of_a_large_file_is_read_as_it_is(tmp_path: Path) -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    numbers = np.resize(halves[np.isfinite(halves)], (MANY, DIMENSION)).astype(np.float32)
    VectorWriter(tmp_path / "vectors").add(numbers)
    file = VectorFile(tmp_path / "vectors", DIMENSION)
    assert np.array_equal(file.rows(slice(0, None)), numbers)
    assert np.array_equal(file.rows(np.array([7, 3])), numbers[[7, 3]])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kubernetess", "kubernetes"),
        ("ubernetes", "kubernetes"),
        ("xkubernetes", "kubernetes"),
        ("cubernetes", "kubernetes"),
        ("ukbernetes", "kubernetes"),
        ("kubernetis", "kubernetes"),
        ("kuberntees", "kubernetes"),
        ("cafés", "café"),
        ("kubern", None),
        ("zymurgy", None),
    ],
)
def test_a_typo_is_found_wherever_it_is(tmp_path: Path, typed: str, meant: str | None) -> None:
    files = WordFiles(words=tmp_path / "words.npy", counts=tmp_path / "counts.npy")
    write_words(files, {"kubernetes": 3, "kubrick": 5, "café": 1, "kubernete": 1})
    assert WordList(files).near(typed) == meant
