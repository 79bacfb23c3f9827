"""Both parsers of feeds read one date and one length alike."""

from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.corpus import Rejection, read_corpus
from indexer.episode import Episode

Read = tuple[list[Episode], list[Rejection]]
ReadFeed = Callable[[str], Read]
WRITTEN = {
    "Sun, 19 Dec 2021": ("2021-12-19", "1:02:03", 3723.0),
    "Tue, 05 Mar 2024 08:00:00 GMT-0400 (EDT)": ("2024-03-05T12:00:00Z", "1h 2m", 3720.0),
    "Mar 5, 2024 6:00 PM EST": ("2024-03-05T23:00:00Z", "PT1H2M", 3720.0),
    "1614834367": ("2021-03-04T05:06:07Z", "2238 seconds", 2238.0),
    "Tue, 12 Sept 2017 10:00:00 GMT": ("2017-09-12T10:00:00Z", "45 min", 2700.0),
    "5 mars 2024": ("2024-03-05", "28:15 minutes", 1695.0),
}
MALFORMED = "<item><title>Soil & seeds</title></item>"


@pytest.fixture(params=["", MALFORMED], ids=["well-formed", "malformed"])
def read_items(request: pytest.FixtureRequest, tmp_path: Path) -> ReadFeed:
    def read_them(items: str) -> Read:
        file = tmp_path / "feed.xml"
        file.write_text(
            '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">'
            f"<channel><title>Sounds</title>{items}{request.param}</channel></rss>"
        )
        rejections: list[Rejection] = []
        return list(read_corpus([file], rejections.append)), rejections

    return read_them


def item(number: int, date: str, length: str = "60") -> str:
    return (
        f"<item><title>Jazz {number}</title><pubDate>{date}</pubDate>"
        f"<itunes:duration>{length}</itunes:duration></item>"
    )


def test_dates_and_durations_are_read_the_same_in_all_formats(read_items: ReadFeed) -> None:
    items = [item(n, date, length) for n, (date, (_, length, _)) in enumerate(WRITTEN.items())]
    episodes, rejections = read_items("".join(items))
    assert rejections == []
    read = [(e.published_at, e.duration_s) for e in episodes[: len(items)]]
    assert read == [(moment, seconds) for moment, _, seconds in WRITTEN.values()]


def test_doubtful_values_are_reported_and_kept(read_items: ReadFeed) -> None:
    episodes, rejections = read_items(item(1, "Sat, 01 Jan 2999 10:00:00 GMT") + item(2, "soon"))
    assert [e.published_at for e in episodes[:2]] == ["2999-01-01T10:00:00Z", None]
    assert [each.kept for each in rejections] == [True, True]
    assert "lies in the future" in rejections[0].reason
    assert "left out until then" in rejections[1].reason


def test_a_date_of_numbers_follows_the_others_of_its_feed(read_items: ReadFeed) -> None:
    episodes, rejections = read_items(item(1, "03/04/2024") + item(2, "25/04/2024"))
    assert [e.published_at for e in episodes[:2]] == ["2024-04-03", "2024-04-25"]
    assert rejections == []
