import numpy as np

from indexer.adaptation.adapters import Sketch
from indexer.adaptation.batches import Batches, Material
from indexer.adaptation.pairs import Pair, pairs, split, told
from indexer.encoder import Vectors
from indexer.episode import Episode, Podcast

SUMMARY = "Engineers tell how they moved a queue to streams. What broke on the way is told too."


def _episode(number: int, title: str | None, summary: str = SUMMARY, podcast: str = "P") -> Episode:
    return Episode(episode_id=str(number), title=title, summary=summary, podcast=Podcast(podcast))


def test_a_title_asks_for_the_summary_without_the_title_at_its_beginning() -> None:
    (pair, *_) = pairs(told([_episode(1, "Moving queues", f"Moving queues: {SUMMARY}")]), seed=1)

    assert pair == Pair("Moving queues", SUMMARY, "P")


def test_a_title_of_three_episodes_asks_for_none_of_them() -> None:
    same = [_episode(n, "Sunday talk", f"{n} {SUMMARY}") for n in range(3)]

    assert all(pair.question != "Sunday talk" for pair in pairs(told(same), seed=1))


def test_a_text_of_many_episodes_is_read_once() -> None:
    assert len(told([_episode(n, f"Title number {n}") for n in range(9)])) == 1


def test_a_sentence_asks_for_the_others() -> None:
    many = [_episode(n, None, f"Number {n}. {SUMMARY}") for n in range(40)]
    made = list(pairs(told(many), seed=1))

    assert made
    assert all(pair.question not in pair.text for pair in made)


def test_whole_podcasts_are_held_out_where_there_are_enough() -> None:
    episodes = [_episode(n, f"Title {n}", f"{n} {SUMMARY}", f"P{n % 50}") for n in range(200)]
    parts = split(told(episodes))

    assert parts.several_podcasts
    assert parts.held_out
    assert not {each.podcast for each in parts.held_out} & {each.podcast for each in parts.trained}


def test_episodes_are_held_out_of_a_single_podcast() -> None:
    parts = split(told([_episode(n, f"Title {n}", f"{n} {SUMMARY}") for n in range(200)]))

    assert not parts.several_podcasts
    assert 10 < len(parts.held_out) < 35


def test_the_same_podcast_equal_questions_and_near_duplicates_are_no_wrong_answers() -> None:
    made = [Pair("a", "1", "P"), Pair("b", "2", "P"), Pair("b", "3", "Q"), Pair("c", "4", "R")]
    texts = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0.02, 1]], np.float32)

    alike = Batches(_material(made, texts, several_podcasts=True), size=8, seed=1).at(0).alike

    assert alike.tolist() == [
        [False, True, False, False],  # of one podcast
        [True, False, True, False],  # of one podcast; of one question
        [False, True, False, True],  # of one question; of nearly one text
        [False, False, True, False],
    ]


def test_a_single_podcast_has_wrong_answers_of_its_own() -> None:
    made = [Pair(str(n), str(n), "P") for n in range(3)]
    material = _material(made, np.eye(3, dtype=np.float32), several_podcasts=False)

    assert not Batches(material, size=6, seed=1).at(0).alike.any()


def test_the_share_of_new_episodes_is_estimated() -> None:
    hashes = np.random.default_rng(0).integers(0, 2**63, 20_000).astype(np.uint64)
    sketch = Sketch.of(hashes[:10_000])

    assert sketch.share_of_new(hashes[:10_000]) == 0
    assert abs(sketch.share_of_new(hashes) - 0.5) < 0.05
    assert Sketch.of(hashes[:8]).share_of_new(hashes[4:12]) == 0.5


def _material(made: list[Pair], texts: Vectors, *, several_podcasts: bool) -> Material:
    return Material(made, texts, texts, several_podcasts)
