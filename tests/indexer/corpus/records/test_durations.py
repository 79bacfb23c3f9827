"""Lengths as feeds and exports write them."""

import pytest

from indexer.corpus.records.durations import read_seconds


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("3600", 3600),
        ("90.5", 90.5),
        ("1:00:00", 3600),
        ("60:00", 3600),
        ("00:60:00", 3600),
        ("2:05", 125),
        ("01:02:03.250", 3723),
        ("125:07", 7507),
        ("45:00 minutes", 2700),
        ("0:42:10", 2530),
        ("1h 2m", 3720),
        ("1h 12m", 4320),
        ("1h2m3s", 3723),
        ("1 hr 2 min", 3720),
        ("1 hour, 2 minutes and 3 seconds", 3723),
        ("45 min", 2700),
        ("45 mins.", 2700),
        ("45 Min.", 2700),
        ("1,5 h", 5400),
        ("1.5 hours", 5400),
        ("2238 seconds", 2238),
        ("2238s", 2238),
        ("1 Std. 5 Min.", 3900),
        ("1 Stunde 5 Minuten", 3900),
        ("1h05", 3900),
        ("PT1H2M", 3720),
        ("pt45m", 2700),
        ("PT2238S", 2238),
        ("PT0.5H", 1800),
        ("P0DT1H2M3S", 3723),
        ("500 ms", 0.5),
    ],
)
def test_a_length_becomes_seconds(written: str, seconds: float) -> None:
    assert read_seconds(written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        *("", "-5", "abc", "long", "nan", "inf", "1e3", "1:2:3:4", "01.02.03", "2m 1h"),
        *("5 parsecs", "1m 2m", "PT", "P1M", "100000000", "1:99", "9" * 400, "1h2", "12 34"),
    ],
)
def test_text_that_is_not_a_duration_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_seconds(written)
