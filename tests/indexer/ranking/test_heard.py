"""Episodes found by what is said, checked by hand."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from indexer.encoder import Vectors
from indexer.index.said_index import Said, SaidIndex, SaidWriter
from indexer.index.said_search import SaidSearch
from indexer.index.vectors.half_bytes import HalfByteWriter
from indexer.index.vectors.vector_index import VectorIndex
from indexer.index.words.lexical_index import LexicalIndex, lexical_writer
from indexer.ranking.fusion import NO_PASSAGE, Ranked, by_text
from indexer.ranking.heard import HANDICAP, LACK, LEAD, Heard, coverage_of, hear, raised
from indexer.snapshot.layout import said_files
from tests.fakes import DIMENSION, BagOfWords

TALKS = [["kafka flink", "jazz guitar"], [], ["garden soil"], ["jazz kafka"] + ["rome"] * 99]


@pytest.fixture
def search(tmp_path: Path) -> SaidSearch:
    files, words, place = said_files(tmp_path), tmp_path / "words", 0
    halves = HalfByteWriter(files.codes, files.scales, DIMENSION)
    with closing(SaidWriter(files)) as writer, closing(halves), lexical_writer(words) as add:
        for talk in TALKS:
            writer.add([Said(0, 1, text, None) for text in talk])
            if talk:
                halves.add(BagOfWords().encode_documents(talk))
            for text in talk:
                add(place, text)
                place += 1
    said = SaidIndex(files, DIMENSION)
    near = VectorIndex.open_coarse(said.vectors, tmp_path / "codes")
    return SaidSearch(said, near, LexicalIndex(words))


def heard(search: SaidSearch, text: str, lexical: float, among: list[int] | None = None) -> Heard:
    [vector] = BagOfWords().encode_documents([text])
    terms = search.words.analyzed(text)
    rows = None if among is None else np.array(among)
    return hear(search, terms, vector, lexical, rows)


def ranked(rows: list[int], scores: list[float]) -> Ranked:
    of: Vectors = np.array(scores, np.float32)
    found = np.array(rows)
    return Ranked(found, of, of, of, of, of, by_text(found))


def test_an_episode_has_the_score_of_its_best_passage_less_a_handicap(search: SaidSearch) -> None:
    found = heard(search, "jazz guitar", 0)
    assert found.rows.tolist() == [0, 2, 3]
    assert found.passages[[0, 2]].tolist() == [1, 3]
    leads = np.array([1, 0, 0.5])  # over passages that say nothing of it
    handicap = (HANDICAP + LEAD * leads) * np.sqrt(2 * np.log(np.array([2, 1, 100])))
    assert found.scores == pytest.approx(np.array([1, 0, 0.5]) - handicap, abs=0.03)
    assert found.cosines == pytest.approx(np.array([1, 0, 0.5]), abs=0.03)


def test_what_is_said_again_has_the_higher_score(search: SaidSearch) -> None:
    again = heard(search, "kafka flink jazz guitar", 0)
    once = heard(search, "kafka flink", 0)
    assert (again.cosines - again.scores)[0] < (once.cosines - once.scores)[0]


def test_words_alone_find_those_that_say_them(search: SaidSearch) -> None:
    found = heard(search, "jazz guitar", 1)
    assert found.rows.tolist() == [0, 3]
    assert found.words[0] > found.words[1] > 0


def test_only_the_selected_episodes_are_searched(search: SaidSearch) -> None:
    assert heard(search, "jazz guitar", 0.4, [1, 3]).rows.tolist() == [3]
    assert heard(search, "jazz guitar", 0.4, [1]).rows.tolist() == []


def test_a_ranking_is_raised_and_never_lowered(search: SaidSearch) -> None:
    found = raised(ranked([2, 0], [0.8, 0.4]), heard(search, "jazz guitar", 0))
    assert found.rows.tolist() == [0, 2, 3]
    assert found.passages.tolist() == [1, NO_PASSAGE, 3]
    assert found.scores[1] == pytest.approx(0.8)
    assert found.lexical[1] == pytest.approx(0.8)


def test_passages_worse_than_the_best_text_fall_further_behind_it(search: SaidSearch) -> None:
    said = heard(search, "jazz guitar", 0)
    found = raised(ranked([2], [0.8]), said)
    lack = 0.8 - said.scores[2]
    assert found.scores.tolist() == pytest.approx(
        [said.scores[0], 0.8, said.scores[2] - LACK * lack]
    )


def test_the_coverage_of_a_passage_is_its_own(search: SaidSearch) -> None:
    found = raised(ranked([2], [0.8]), heard(search, "jazz guitar", 0))
    coverage = coverage_of(found, np.full(3, 0.25))
    assert coverage[0] == pytest.approx(min(1, found.lexical[0]))
    assert coverage[found.passages == NO_PASSAGE].tolist() == [0.25]
