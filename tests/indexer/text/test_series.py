"""Which titles make a series."""

import numpy as np
import pytest

from indexer.episode import Episode, Podcast
from indexer.text.series import series_of


def numbers(titles: list[str | None], podcast: str | None = "Show") -> list[int]:
    episodes = [
        Episode(
            episode_id=str(n),
            summary="About it.",
            title=title,
            podcast=Podcast(podcast) if podcast else None,
        )
        for n, title in enumerate(titles)
    ]
    found: list[int] = series_of(episodes).numbers.tolist()
    return found


@pytest.mark.parametrize(
    "titles",
    [
        ["Robinson Crusoe, part 3", "Robinson Crusoe - Part IV: The Footprint"],
        ["Crusoe (1 of 3)", "Crusoe (2/3)"],
        ["Crusoe pt. one", "CRUSOE, Pt. 2"],
        ["Part 1: Crusoe at sea", "Part 2: Crusoe at sea"],
        ["Crusoe", "Crusoe, continued"],
        ["Crusoe: Chapter 1", "Crusoe: Chapter 2"],
        ["Crusoe", "Crusoe II"],
        ["Show Episode 4 – Crusoe (Part 1)", "Show Episode 4 – Crusoe (Part 2)"],
    ],
    ids=lambda titles: titles[1],
)
def test_parts_of_one_story_form_a_series(titles: list[str | None]) -> None:
    first, second = numbers(titles)

    assert first == second >= 0


@pytest.mark.parametrize(
    "titles",
    [
        ["Episode 1", "Episode 2"],
        ["Crusoe, part 1", "Gulliver, part 2"],
        ["The Hour 08-26-10", "The Hour 11-04-10"],
        ["Show: Part 1", "Show: Part 2"],
        ["News 5/12/06", "News 5/13/06"],
        ["Crusoe", "Crusoe"],
        ["Crusoe", "Crusoe", "Crusoe, part 2"],
        ["Volume I", "Volume II"],
        [None, None],
    ],
    ids=str,
)
def test_numbered_issues_of_a_show_form_no_series(titles: list[str | None]) -> None:
    assert set(numbers(titles)) == {-1}


def test_a_series_has_episodes_of_one_podcast_only() -> None:
    parts = [
        Episode(episode_id=name, summary="It.", title="Crusoe, part 1", podcast=Podcast(name))
        for name in ("A", "B")
    ]

    assert series_of(parts).numbers.tolist() == [-1, -1]


def test_a_short_first_sentence_replaces_a_missing_title() -> None:
    parts = [
        Episode(episode_id=str(n), summary=f"Robinson Crusoe, part {n}. He finds something.")
        for n in (1, 2)
    ]

    first, second = series_of(parts).numbers.tolist()

    assert first == second >= 0


def test_parts_of_gives_all_rows_of_the_series() -> None:
    episodes = [
        Episode(episode_id=str(n), summary="It.", title=title)
        for n, title in enumerate(["A, part 1", "B, part 1", "A, part 2", "C", "B, part 2"])
    ]
    series = series_of(episodes)

    assert [series.parts_of(np.array([row])).tolist() for row in (0, 1, 3)] == [[0, 2], [1, 4], []]
