"""The rule that decides whether two texts are the same episode."""

import pytest

from service.search.repeat_rule import Wording

SUMMARY = "Jane Doe tells how she crossed the desert with two camels, a compass and no water."


@pytest.mark.parametrize(
    ("title", "again"),
    [
        ("The desert", "The desert"),
        ("The desert", "Special Encore Presentation: The Desert"),
        ("The desert", "321: The desert"),
        ("The desert (2008)", "The desert (2009 rebroadcast)"),
        ("", "The desert"),
    ],
)
def test_the_same_text_is_the_same_episode(title: str, again: str) -> None:
    assert Wording.of(title, SUMMARY).repeats(Wording.of(again, SUMMARY))


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("The desert, day 1", "The desert, day 2"),
        ("News of May", "News of June"),
        ("The desert", "The camel"),
    ],
)
def test_another_number_or_title_is_another_episode(title: str, other: str) -> None:
    assert not Wording.of(title, SUMMARY).repeats(Wording.of(other, SUMMARY))


def test_other_words_are_another_episode() -> None:
    other = SUMMARY.replace("two camels, a compass", "her brother in a balloon")

    assert not Wording.of("The desert", SUMMARY).repeats(Wording.of("The desert", other))
