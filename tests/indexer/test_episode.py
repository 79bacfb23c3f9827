"""What stands where a list names an episode."""

import pytest

from indexer.episode import shown_title

LONG = "word " * 30  # 150 characters


@pytest.mark.parametrize(
    ("title", "headline", "summary", "shown"),
    [
        ("Seeds", "Of seeds", "We dig.", "Seeds"),
        (None, "Of seeds", "We dig.", "Of seeds"),
        ("", "", " We\ndig. ", "We dig."),
        (LONG.strip(), None, "We dig.", LONG.strip()),
        (None, None, LONG, "word " * 17 + "word…"),  # 18 words of 5 characters are 90
        (None, None, "x" * 90, "x" * 90),
        (None, None, "x" * 91, "x" * 90 + "…"),
    ],
)
def test_an_episode_is_shown_by_its_title_its_headline_or_the_beginning_of_its_summary(
    title: str | None, headline: str | None, summary: str, shown: str
) -> None:
    assert shown_title(title, headline, summary) == shown
