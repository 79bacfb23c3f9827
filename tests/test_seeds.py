"""The seed questions, which were written before any result was seen, with the real model."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from indexer.corpus import read_corpus
from indexer.ranking.calibration import GOOD_MATCH
from indexer.ranking.ranker import Mode
from indexer.snapshot import Snapshot
from indexer.text.sentences import Span, split_sentences
from service.evaluation.collection import Query, read_beir
from service.evaluation.confidence import off_topic_questions
from service.search.query import Answer, Hit, Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from tests.conftest import SEED_SUMMARIES, SEEDS

QUESTIONS = read_beir(SEEDS / "questions")
SUMMARIES: Mapping[str, str] = {
    episode.episode_id: episode.summary for episode in read_corpus([SEED_SUMMARIES], lambda _: None)
}
FLOORS = {"subject": 1.0, "person": 1.0, "paraphrase": 0.65, "typed": 1.0}  # in the first three
STOP_WORDS = set("a about an and at by for from in is of on or the to with".split())


@dataclass(frozen=True)
class Asked:
    """A seed question and its hits in one mode."""

    query: Query
    answer: Answer

    @property
    def wanted(self) -> str:
        (episode_id,) = QUESTIONS.qrels[self.query.query_id]
        return episode_id

    @property
    def found(self) -> Hit:
        return next(hit for hit in self.answer.hits if self._is_wanted(hit))

    def _is_wanted(self, hit: Hit) -> bool:
        return bool(json.loads(hit.episode)["id"] == self.wanted)


Ask = Callable[[Mode], list[Asked]]


@pytest.fixture(scope="module")
def retriever(seed_root: Path) -> Retriever:
    return Retriever(Snapshot.current(seed_root), QuestionCache(100))


@pytest.fixture(scope="module")
def ask(retriever: Retriever) -> Ask:
    """Asks every seed question for all eight episodes; each mode is asked once."""
    asked: dict[Mode, list[Asked]] = {}

    def ask_all(mode: Mode) -> list[Asked]:
        if mode not in asked:
            asked[mode] = [
                Asked(query, retriever.search([Question(query.text, len(SUMMARIES), mode=mode)])[0])
                for query in QUESTIONS.queries
            ]
        return asked[mode]

    return ask_all


def share_within(rank: int, asked: list[Asked]) -> float:
    return sum(each.found.rank <= rank for each in asked) / len(asked)


def missed(asked: list[Asked]) -> list[str]:
    """The questions that failed, for the message of the test."""
    return [f"{each.query.text}: {each.found.rank}" for each in asked if each.found.rank > 1]


# Floors


def test_every_group_is_answered_as_stated(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    groups = list(dict.fromkeys(query.group for query in QUESTIONS.queries))
    modes: tuple[Mode, ...] = ("dense", "hybrid")
    with capsys.disabled():
        print(f"\n{'seed questions':16}" + "".join(f"{mode:>8} first  top 3" for mode in modes))
        for group in (*groups, ""):
            cells = ""
            for mode in modes:
                asked = [each for each in ask(mode) if group in ("", each.query.group)]
                cells += f"{share_within(1, asked):14.0%}{share_within(3, asked):7.0%}"
            print(f"{group or 'all':11}{len(asked):5}{cells}")
        hybrid = ask("hybrid")
        print(f"the sentence a reader would pick: {len(hybrid) - len(wrongly_shown(hybrid))}")
        right = [each for each in hybrid if each.found.rank == 1]
        good = sum(each.found.relevance >= GOOD_MATCH for each in right)
        print(f"right first hits: {len(right)}, of these good matches: {good}")
        print(f"said to be answered: {sum(each.answer.answered for each in hybrid)}")
    assert groups == [*FLOORS]
    for group, floor in FLOORS.items():
        asked = [each for each in hybrid if each.query.group == group]
        assert share_within(3, asked) >= floor, missed(asked)


def test_dense_search_finds_the_episode_of_most_questions(ask: Ask) -> None:
    asked = ask("dense")
    assert share_within(3, asked) >= 0.90, missed(asked)
    assert share_within(1, asked) >= 0.75, missed(asked)


def test_hybrid_search_finds_the_episode_of_more_questions(ask: Ask) -> None:
    asked = ask("hybrid")
    assert share_within(3, asked) >= 0.92, missed(asked)
    assert share_within(1, asked) >= 0.78, missed(asked)


@pytest.mark.parametrize("group", ["subject", "person", "typed"])
def test_hybrid_search_ranks_the_episode_first_if_the_question_shares_its_words(
    ask: Ask, group: str
) -> None:
    asked = [each for each in ask("hybrid") if each.query.group == group]
    assert missed(asked) == []


def test_the_highlight_is_a_sentence_that_a_reader_would_pick(ask: Ask) -> None:
    wrong = wrongly_shown(ask("hybrid"))
    assert len(wrong) <= 0.12 * len(QUESTIONS.queries), wrong


def wrongly_shown(asked: list[Asked]) -> list[str]:
    with (SEEDS / "questions" / "highlights.tsv").open() as lines:
        rows = list(csv.reader(lines, delimiter="\t"))[1:]
    judged = {(query_id, int(sentence)) for query_id, _, sentence in rows}
    assert {query_id for query_id, _ in judged} == {query.query_id for query in QUESTIONS.queries}
    return [
        f"{each.query.text}: {each.found.highlight}"
        for each in asked
        if (each.query.query_id, sentence_shown(each)) not in judged
    ]


def sentence_shown(asked: Asked) -> int:
    """The number of the sentence in the summary, from 1."""
    shown = asked.found.highlight
    assert shown is not None
    return split_sentences(SUMMARIES[asked.wanted]).index(Span(shown.start, shown.end)) + 1


def test_questions_about_other_topics_are_not_answered(retriever: Retriever) -> None:
    texts = off_topic_questions()[:20]
    answered = [text for text in texts if retriever.search([Question(text, 3)])[0].answered]
    assert answered == []


def test_right_first_hits_are_good_matches_but_for_a_few_paraphrases(ask: Ask) -> None:
    right = [each for each in ask("hybrid") if each.found.rank == 1]
    faint = [each for each in right if each.found.relevance < GOOD_MATCH]
    assert {each.query.group for each in faint} <= {"paraphrase", "person"}
    assert len(faint) <= 7, [each.query.text for each in faint]


def test_where_a_question_is_answered_its_feed_is_not_empty(retriever: Retriever, ask: Ask) -> None:
    for each in ask("hybrid"):
        in_feed = Question(each.query.text, 50, min_relevance=retriever.good_match, sort="date")
        (feed,) = retriever.search([in_feed])
        assert bool(feed.hits) is each.answer.answered


def test_a_word_that_three_episodes_say_is_answered_by_these_three(retriever: Retriever) -> None:
    (feed,) = retriever.search([Question("kafka", 50, min_relevance=GOOD_MATCH, sort="date")])
    said = {each for each, summary in SUMMARIES.items() if "kafka" in summary.casefold()}
    assert {json.loads(hit.episode)["id"] for hit in feed.hits} == said
    assert len(said) == 3


def test_no_hit_of_a_seed_question_is_above_a_more_probable_one(ask: Ask) -> None:
    for each in ask("hybrid"):
        relevance = [hit.relevance for hit in each.answer.hits]
        assert relevance == sorted(relevance, reverse=True), each.query.text


# The questions themselves


def test_the_judged_corpus_is_the_seed_file() -> None:
    lines = (SEEDS / "questions" / "corpus.jsonl").read_text().splitlines()
    assert {each["id"]: each["text"] for each in map(json.loads, lines)} == SUMMARIES
    assert len(lines) == len(SUMMARIES) == 8


def test_every_episode_has_at_least_five_questions_and_every_question_one_episode() -> None:
    judged = Counter(episode for grades in QUESTIONS.qrels.values() for episode in grades)
    assert set(judged) == set(SUMMARIES)
    assert min(judged.values()) >= 5
    assert sum(judged.values()) == len(QUESTIONS.queries) >= 40


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold())) - STOP_WORDS


@pytest.mark.parametrize(
    "query", [query for query in QUESTIONS.queries if query.group == "paraphrase"], ids=str
)
def test_a_paraphrase_shares_no_content_word_with_its_summary(query: Query) -> None:
    (wanted,) = QUESTIONS.qrels[query.query_id]
    assert words(query.text) & words(SUMMARIES[wanted]) == set()


def test_typed_questions_are_ascii_though_the_text_is_not() -> None:
    typed = [query.text for query in QUESTIONS.queries if query.group == "typed"]
    assert all(text.isascii() for text in typed)
    assert sum("-" in text or "'" in text for text in typed) >= 5
