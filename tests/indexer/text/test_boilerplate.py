import json

import pytest

from indexer.episode import Episode, Podcast
from indexer.text.boilerplate import Boilerplate, SentenceCounts
from indexer.text.passages import passages_of, texts_of
from indexer.text.sentences import split_sentences
from tests.conftest import REPOSITORY

REAL = REPOSITORY.parent / "shared/data/corpora/podsearch2012_en_dev20k.jsonl"

SUBJECTS = (
    "alto bass bugle cello drums flute guitar harp lute oboe piano reed sax tuba viola zither"
).split()
PLEA = "Subscribe wherever you listen!"


def episode(summary: str, podcast: str | None = "Sounds") -> Episode:
    return Episode(
        episode_id=summary, summary=summary, podcast=Podcast(podcast) if podcast else None
    )


def own(episodes: list[Episode]) -> list[list[str]]:
    boilerplate = Boilerplate([SentenceCounts.of(episodes)])
    return [texts_of(episode, boilerplate.own_sentences(episode)) for episode in episodes]


def test_a_sentence_of_every_episode_is_boilerplate() -> None:
    subjects = ["Jazz on guitar.", "A history of Rome.", "Soil and seeds."]
    assert own([episode(f"{subject} {PLEA}") for subject in subjects]) == [
        [subject] for subject in subjects
    ]


def test_boilerplate_may_contain_changing_numbers() -> None:
    subjects = ["Jazz on guitar.", "A history of Rome.", "Soil and seeds."]
    numbered = [episode(f"This is episode {n}. {s}") for n, s in enumerate(subjects, 1)]
    assert own(numbered) == [[subject] for subject in subjects]


@pytest.mark.parametrize(
    "episodes",
    [
        pytest.param([episode(f"Jazz {s}. {PLEA}") for s in SUBJECTS[:2]], id="only twice"),
        pytest.param(
            [episode(f"Jazz on {s}. {PLEA if s < 'c' else f'On {s}.'}") for s in SUBJECTS],
            id="under few of many",
        ),
        pytest.param(
            [episode(f"Jazz on {s}. {PLEA}", s) for s in SUBJECTS], id="of other podcasts"
        ),
        pytest.param([episode(f"Jazz, {s}. {PLEA}", None) for s in SUBJECTS], id="of no podcast"),
        pytest.param([episode(f"* * *\nJazz on {s}.") for s in SUBJECTS], id="numbers"),
    ],
)
def test_a_sentence_that_recurs_too_rarely_is_kept(episodes: list[Episode]) -> None:
    assert all(len(texts) == 2 for texts in own(episodes))


def test_a_text_of_boilerplate_only_is_kept() -> None:
    assert own([episode(f"{PLEA} Enjoy.")] * 3) == [[PLEA, "Enjoy."]] * 3


def test_boilerplate_is_not_embedded() -> None:
    episodes = [episode(f"{subject} {PLEA}") for subject in ("Jazz.", "Rome.", "Soil.")]
    jazz = episodes[0]
    assert passages_of(jazz, Boilerplate([SentenceCounts.of(episodes)]).own_sentences(jazz)) == [
        "Jazz."
    ]


@pytest.mark.skipif(not REAL.is_file(), reason="the real episodes are not here")
def test_some_sentences_of_real_episodes_are_boilerplate(
    capsys: pytest.CaptureFixture[str],
) -> None:
    records = map(json.loads, REAL.read_text().splitlines())
    episodes = [episode(record["summary"], record["podcast"]) for record in records]
    boilerplate = Boilerplate([SentenceCounts.of(episodes)])
    counts = [
        (len(split_sentences(e.summary)), len(boilerplate.own_sentences(e))) for e in episodes
    ]
    sentences, own = (sum(column) for column in zip(*counts, strict=True))
    with capsys.disabled():
        print(f"\nof {sentences:,} real sentences, boilerplate: {sentences - own:,}")
    assert 0.02 < (sentences - own) / sentences < 0.2
