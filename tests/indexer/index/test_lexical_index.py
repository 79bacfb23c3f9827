from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from indexer.episode import fold
from indexer.index.columns.filters import Attributes, Filters, Selection, moment_of, seconds_of
from indexer.index.words import lexical_index
from indexer.index.words.lexical_index import LexicalIndex, lexical_writer

TEXTS = (
    "In this episode Aravind Suresh explains real\u2011time streaming with Kafka.",
    "Gunnar Morling talks about the café and one billion records in 1995.",
    "Jazz, jazz and more jazz on a guitar: Sophie Blee\u2011Goldman's career.",
    "A history of Rome. Title: what the title of a book tells; field AND OR NOT.",
    "The garden: soil and seeds.",
)
STREAMS, RECORDS, JAZZ, ROME, SOIL = range(5)

Index = Callable[[Sequence[str]], LexicalIndex]


@pytest.fixture(scope="session")
def make_index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    def make(texts: Sequence[str]) -> LexicalIndex:
        directory = tmp_path_factory.mktemp("words") / "lexical"
        with lexical_writer(directory) as add:
            for row, text in enumerate(texts):
                add(row, fold(text))
        return LexicalIndex(directory)

    return make


@pytest.fixture(scope="session")
def index(make_index: Index) -> LexicalIndex:
    return make_index(TEXTS)


def found(index: LexicalIndex, question: str) -> list[int]:
    rows: list[int] = index.search(index.analyzed(fold(question)), 10).rows.tolist()
    return rows


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("explained", STREAMS),
        ("stream", STREAMS),
        ("GUITARS", JAZZ),
        ("careers", JAZZ),
        ("real-time", STREAMS),
        ("Blee\u2010Goldman", JAZZ),
        ("goldman’s", JAZZ),
        ("cafe", RECORDS),
        ("CAFÉ", RECORDS),
        ("cafe\u0301", RECORDS),
        ("1995", RECORDS),
    ],
)
def test_a_word_is_found_in_every_inflected_form(
    index: LexicalIndex, question: str, row: int
) -> None:
    assert found(index, question) == [row]


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("Aravnd Suresh", STREAMS),
        ("Aravindd", STREAMS),
        ("Arvaind", STREAMS),
        ("gunner", RECORDS),
        ("Moerling", RECORDS),
    ],
)
def test_one_typo_in_a_long_word_is_corrected(index: LexicalIndex, question: str, row: int) -> None:
    assert found(index, question) == [row]


@pytest.mark.parametrize("question", ["Arvnd", "jaz", "jezz", "rume", "1996", "19955", "xylophone"])
def test_two_typos_or_one_in_a_short_word_or_number_are_not_corrected(
    index: LexicalIndex, question: str
) -> None:
    assert found(index, question) == []


def test_a_corrected_word_has_the_weight_of_the_correct_one(index: LexicalIndex) -> None:
    # The total has the weight of the typed word, which is rarer because no episode has it.
    share = index.idf("suresh") / index.idf("suresj")
    assert index.search(index.analyzed("suresj"), 1).scores[0] == pytest.approx(share)


def test_stop_words_count_only_if_there_are_no_other_words(index: LexicalIndex) -> None:
    assert dict(index.terms("what is the history of Rome?")) == {"histori": 1, "rome": 1}
    assert found(index, "who and what is a jazz guitar?") == [JAZZ]
    assert sorted(found(index, "what about it?")) == [RECORDS, ROME]


@pytest.mark.parametrize(
    "question",
    [
        'title:"history" AND (',
        "history*",
        "text:history",
        'row:0 "history',
        "-history",
        "+history -rome",
        "history~5^9",
        "[history TO zebra}",
        r"\history\\",
        "history OR *:*",
    ],
)
def test_query_syntax_is_plain_text(index: LexicalIndex, question: str) -> None:
    assert found(index, question) == [ROME]


@pytest.mark.parametrize("question", ["*", "*:*", "row:0", "text:*", "(", '"', "[* TO *]", "/.*/"])
def test_query_syntax_without_a_known_word_finds_nothing(
    index: LexicalIndex, question: str
) -> None:
    assert found(index, question) == []


@pytest.mark.parametrize("question", ["", "  ", "?!", "🎷", "\u0000", "...", "東京"])
def test_a_question_without_a_known_word_finds_nothing(index: LexicalIndex, question: str) -> None:
    assert found(index, question) == []
    assert index.analyzed(question).weight >= 0


def test_a_question_of_five_thousand_words_is_reduced_to_the_most_frequent(
    index: LexicalIndex,
) -> None:
    strange = " ".join(f"strange{n}" for n in range(5000))
    assert found(index, f"{strange} jazz jazz") == [JAZZ]
    assert sorted(found(index, " ".join(TEXTS) * 100)) == list(range(5))


def test_matching_all_words_once_gives_a_share_of_about_one(index: LexicalIndex) -> None:
    ranking = index.search(index.analyzed("soil seeds garden"), 10)
    assert ranking.rows.tolist() == [SOIL]
    assert ranking.scores[0] == pytest.approx(1, abs=0.35)


def test_matching_half_of_the_words_gives_about_half_of_the_share(index: LexicalIndex) -> None:
    whole, half = (
        index.search(index.analyzed(text), 1).scores[0]
        for text in ("soil garden", "soil xylophone")
    )
    assert half == pytest.approx(index.analyzed("soil xylophone").shares["soil"] * whole, rel=0.01)


def test_a_share_is_above_0_and_below_the_largest_bm25_share(make_index: Index) -> None:
    texts = ["jazz " * times for times in (1, 5, 100)] + ["rome"] * 50
    index = make_index(texts)
    scores = index.search(index.analyzed("jazz"), 10).scores
    assert len(scores) == 3
    assert scores.min() > 0
    assert 1 < scores.max() < 2.2


def test_term_weights_sum_to_1_and_rare_terms_weigh_more(index: LexicalIndex) -> None:
    shares = index.analyzed("jazz jazz soil and title, xylophone?").shares
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["jazz"] == pytest.approx(2 * shares["soil"])
    assert shares["xylophon"] > shares["soil"]
    assert index.analyzed("").shares == {}


def test_a_rarer_word_scores_more(make_index: Index) -> None:
    index = make_index(["kafka flink"] * 8 + ["jazz flink", "kafka jazz"])
    assert index.idf("xylophon") > index.idf("jazz") > index.idf("kafka") > 0
    assert found(index, "kafka jazz")[:2] == [9, 8]
    assert (
        index.analyzed("jazz kafka").weight
        > index.analyzed("jazz").weight
        > index.analyzed("kafka").weight
    )


def test_the_bound_for_other_rows_is_the_last_score_or_0_if_all_were_found(
    index: LexicalIndex,
) -> None:
    some, everything = (index.search(index.analyzed("jazz kafka soil"), k) for k in (2, 10))
    assert some.upper_bound == some.scores[-1] > 0
    assert everything.upper_bound == 0


def test_equal_scores_are_ordered_by_row(make_index: Index) -> None:
    assert found(make_index(["jazz guitar"] * 8), "guitar") == list(range(8))


def test_an_index_without_text_finds_nothing(make_index: Index) -> None:
    assert found(make_index([]), "jazz") == []


def test_threads_may_share_an_index(index: LexicalIndex) -> None:
    questions = [*TEXTS, "Aravnd", "jazz"] * 20
    alone = [found(index, question) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda question: found(index, question), questions)) == alone


# Selections

FILTERS = (
    Filters(tag=("Even",)),
    Filters(tag=("even", "ninth")),
    Filters(tag=("even",), podcast=("nth",)),
    Filters(min_duration_s=10, max_duration_s=30),
    Filters(published_after=moment_of("2020-01-11"), published_before=moment_of("2020-01-21")),
    Filters(explicit=False, min_duration_s=4),
    Filters(tag=("nothing",)),
    Filters(phrases=("jazz rome",)),
    Filters(tag=("even",), without=("jazz rome", "a4")),
    Filters(without=("nothing",)),
)


SAYING_BOTH = [row for row in range(60) if row % 7 and row % 5]  # in "jazz … rome …"


def attributes(row: int) -> Attributes:
    labels = ["tag:even"] * (row % 2 == 0) + ["podcast:nth", "tag:ninth"] * (row % 9 == 0)
    published = seconds_of(moment_of("2020-01-01")) + 86_400 * row
    return Attributes(("explicit:False", *labels), published, float(row))


def passes(filters: Filters, row: int) -> bool:
    """Whether the row passes, computed from `attributes`."""
    tags = {"even": row % 2 == 0, "ninth": row % 9 == 0}
    published, duration = filters.published_bounds(), filters.duration_bounds()
    return (
        (not filters.tag or any(tags.get(tag.lower(), False) for tag in filters.tag))
        and (not filters.podcast or row % 9 == 0)
        and (not published or 10 <= row < 20)
        and (not duration or duration[0] <= row <= duration[1])
        and (not filters.phrases or row in SAYING_BOTH)
        and (not (filters.tag and filters.without) or row not in (4, *SAYING_BOTH))
    )


@pytest.mark.parametrize("many", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_selection_gives_its_best_rows_with_unchanged_scores(
    filters: Filters,
    many: float,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lexical_index, "_MANY", many)
    directory = tmp_path_factory.mktemp("words") / "lexical"
    with lexical_writer(directory) as add:
        for row in range(60):
            add(row, "jazz " * (row % 7) + "rome " * (row % 5) + f"a{row}", attributes(row))
    index = LexicalIndex(directory)
    among = [row for row in range(60) if passes(filters, row)]
    best = index.search(index.analyzed("jazz rome"), 60)
    wanted = [(r, s) for r, s in zip(best.rows, best.scores, strict=True) if r in among]
    for k in (1, 3, 60):
        found = index.search(
            index.analyzed("jazz rome"), k, Selection(filters, np.array(among, np.int64))
        )
        assert list(zip(found.rows, found.scores, strict=True)) == wanted[:k]
        assert found.upper_bound == (found.scores[-1] if len(found.rows) == k else 0)


# Phrases


def test_a_phrase_is_said_by_rows_with_its_stems_in_their_order(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    directory = tmp_path_factory.mktemp("words") / "lexical"
    texts = ("Naïve maps", "maps, naive", "to be or not to be", "a naive map", "a naive\nmap")
    with lexical_writer(directory) as add:
        for row, text in enumerate(texts):
            add(row, text)
    index = LexicalIndex(directory)
    said = {"naive maps": [0, 3], "map": [0, 1, 3, 4], "or not to be": [2], "be to": [], "...": []}
    assert {phrase: index.saying(phrase).tolist() for phrase in said} == said


def test_a_coarse_index_finds_words_by_their_presence(tmp_path: Path) -> None:
    with lexical_writer(tmp_path / "coarse", coarse=True) as add:
        for row, text in enumerate(("Jazz, jazz and jazz.", "The jazz of Rome.", "The soil.")):
            add(row, text)
    index = LexicalIndex(tmp_path / "coarse")
    jazz = index.search(index.analyzed("jazz"), 10)
    assert sorted(jazz.rows.tolist()) == [0, 1]
    assert jazz.scores[0] == pytest.approx(jazz.scores[1], rel=0.3)
    assert index.search(index.analyzed("rome"), 10).rows.tolist() == [1]
    assert index.search(index.analyzed("the"), 10).rows.tolist() == []
