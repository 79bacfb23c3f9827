"""The count of dates and lengths that feeds state and that are read."""

from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.feed_fields import main, readings

FEED = """<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">
<channel><title>Sounds</title><pubDate>Mon, 01 Jan 2024 00:00:00 GMT</pubDate>
<item><title>Jazz</title><pubDate>5 March 2024</pubDate><itunes:duration>45 min</itunes:duration>
</item><item><title>Soil</title><pubDate>soon</pubDate><itunes:duration/></item>
<item><title>Rome</title></item></channel></rss>"""


def test_stated_fields_are_counted_in_the_source_of_the_feed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.xml").write_text(FEED)
    (tmp_path / "page.xml").write_text("<html></html>")

    assert main(tmp_path) == 0

    printed = capsys.readouterr().out.splitlines()
    assert printed[:3] == [
        "1 feeds that can be read, 3 episodes",
        "published_at  2 items state one, 1 are read, 0 lost untold",
        "  a.xml: 1 of 2, 1 told",
    ]
    assert "duration_s    1 items state one, 1 are read, 0 lost untold" in printed
    assert printed[-1].startswith(f"  {tmp_path / 'a.xml'}#2: the field 'published_at' is 'soon'")


def test_no_field_of_our_own_feeds_is_lost() -> None:
    read = list(readings(REPOSITORY / "tests" / "feeds"))
    assert {count.untold for reading in read for count in reading.counts()} == {0}
    assert sum(count.stated for reading in read for count in reading.counts()) > 0


REAL = REPOSITORY.parent / "shared" / "data" / "feeds" / "real2012"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real feeds are not here")
def test_every_unread_field_of_real_feeds_is_reported() -> None:
    read = list(readings(REAL))
    counts = [count for reading in read for count in reading.counts()]
    assert sum(len(reading.episodes) for reading in read) >= 2686
    assert sum(count.read for count in counts if count.field == "published_at") >= 2606
    assert sum(count.read for count in counts if count.field == "duration_s") >= 1341
    assert [count for count in counts if count.untold] == []
