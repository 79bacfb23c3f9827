"""The words of a question in the episodes, and the share of the question that they cover."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from indexer.episode import Episode, fold
from indexer.index.words.forward_index import (
    ForwardFiles,
    ForwardIndex,
    ForwardWriter,
    TermShares,
    number_of,
)
from indexer.index.words.lexical_index import stemmer
from indexer.index.words.words_of_text import words_of_text
from indexer.snapshot import Snapshot
from indexer.text.passages import lexical_text, text_elsewhere
from tests.conftest import OpenFake

SHARES = {"kafka": 0.5, "stream": 0.3, "rome": 0.2}
EPISODES = (
    {
        "id": "full",
        "title": "Streams",
        "summary": "In Rome.",
        "podcast": {"title": "The Kafka hour"},
        "hosts": ["Ann"],
        "guests": ["Bob"],
        "tags": ["talk"],
    },
    {"id": "bare", "summary": "Streaming from Rome to Rome."},
)
STEM = stemmer()


def written(directory: Path, texts: Iterable[tuple[str, str]]) -> ForwardIndex:
    """Of summaries, and what else is searched of their episodes."""
    files = ForwardFiles(*(directory / f"{name}.npy" for name in ("numbers", "steps", "starts")))
    with closing(ForwardWriter(files, STEM)) as writer:
        for summary, elsewhere in texts:
            writer.add(summary, elsewhere)
    return ForwardIndex(files)


def coverage(index: ForwardIndex, shares: Mapping[str, float], *rows: int) -> list[float]:
    found = index.find(np.array(rows, np.int64), TermShares.of(shares))
    covered: list[float] = found.coverage.tolist()
    return covered


def matched(index: ForwardIndex, terms: Iterable[str], text: str, row: int) -> list[str]:
    shares = dict.fromkeys(terms, 0.1)
    matches = index.find(np.array([row]), TermShares.of(shares)).matches
    spans = zip(matches.starts.tolist(), matches.stops.tolist(), strict=True)
    return [text[start:stop] for start, stop in spans]


@pytest.mark.parametrize(
    ("text", "covered"), [("铁路很长。", 0.6), ("青藏铁路的修建", 1.0), ("公路 and rails", 0)]
)
def test_words_of_scripts_without_spaces_are_covered(
    text: str, covered: float, tmp_path: Path
) -> None:
    index = written(tmp_path, [(text, "")])
    assert coverage(index, {"铁路": 0.6, "修建": 0.4}, 0) == [pytest.approx(covered)]


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("Kafka streams in Rome", 1),
        ("STREAMING, streamed; a stream", 0.3),
        ("kafkaesque upstream Romeo", 0),
        ("Čaj v Říme: kafka", 0.5),
        ("", 0),
    ],
)
def test_coverage_counts_the_weight_of_each_term_once(
    text: str, covered: float, tmp_path: Path
) -> None:
    index = written(tmp_path, [(text, "")])
    assert coverage(index, SHARES, 0) == [pytest.approx(covered)]


def test_matches_are_slices_of_the_summary_in_order(tmp_path: Path) -> None:
    text = "Rome\u2014streams of Kafka, Rome again"
    index = written(tmp_path, [("Kafka.", ""), (text, "Kafka in the title")])
    assert matched(index, SHARES, text, 1) == ["Rome", "streams", "Kafka", "Rome"]


def test_words_far_from_each_other_and_words_of_any_length_keep_their_places(
    tmp_path: Path,
) -> None:
    text = f"{'.' * 1000}kafka{' ' * 255}rome{' ' * 256}{'x' * 700} kafka {'y' * 60}"
    index = written(tmp_path, [(text, "")])
    found = matched(index, ["kafka", "rome", STEM("y" * 60)], text, 0)
    assert found == ["kafka", "rome", "kafka", "y" * 60]


def test_every_row_has_its_own_words(tmp_path: Path) -> None:
    index = written(tmp_path, [("Kafka.", ""), ("", ""), ("A stream.", "Rome"), ("Rome.", "")])
    assert coverage(index, SHARES, 3, 1, 0, 2, 0) == pytest.approx([0.2, 0, 0.5, 0.5, 0.5])
    found = index.find(np.array([3, 1, 0]), TermShares.of(SHARES)).matches
    assert found.places.tolist() == [0, 2]


def test_no_rows_and_no_terms_give_nothing(tmp_path: Path) -> None:
    index = written(tmp_path, [("Kafka.", "")])
    assert coverage(index, SHARES) == []
    assert coverage(index, {}, 0) == [0]
    assert not len(index.find(np.array([0]), TermShares.of({})).matches.starts)


def test_coverage_uses_title_summary_and_names(open_fake: OpenFake) -> None:
    snapshot: Snapshot = open_fake(EPISODES)
    assert coverage(snapshot.indexes.words, SHARES, 0, 1) == pytest.approx([1.0, 0.5])


def test_the_words_of_both_indexes_are_the_same() -> None:
    episode = Episode.from_json(dict(EPISODES[0]))
    both = fold(f"{episode.summary}\n{text_elsewhere(episode)}")
    assert sorted(lexical_text(episode).split()) == sorted(both.split())


def test_numbers_of_stems_are_no_zero_and_differ() -> None:
    stems = [f"stem{n}" for n in range(10_000)]
    numbers = {number_of(stem) for stem in stems}
    assert len(numbers) == len(stems)
    assert 0 not in numbers


@settings(database=None, deadline=None)
@given(
    text=some.text(some.sampled_from("abc .,;\n\u00e9\u4e2d\u6587\u0e41\u0e21\u0e48"), max_size=80)
)
def test_any_text_is_found_where_its_words_stand(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    words = words_of_text(text, STEM)
    index = written(tmp_path_factory.mktemp("any"), [(text, "")])
    stems = {word.stem for word in words}
    assert matched(index, stems, text, 0) == [text[word.start : word.stop] for word in words]
