"""Dates as feeds and exports write them: read where one reading is possible, else told."""

import pytest

from indexer.corpus.records.dates import AmbiguousDate, Order, orders_of, read_date

EXACT = {
    # ISO 8601
    "2024-03-05": "2024-03-05",
    "20240305": "2024-03-05",
    "2024-03-05T08:00:00Z": "2024-03-05T08:00:00Z",
    "2024-03-05T08:00:00.123+0530": "2024-03-05T02:30:00.123000Z",
    "2024-03-05 08:00": "2024-03-05T08:00:00Z",
    "2024-03-05 08:00:00 UTC": "2024-03-05T08:00:00Z",
    "2024-03-05 08:00:00 -0500": "2024-03-05T13:00:00Z",
    # RFC 822, as it should be and as it is
    "Sat, 31 Jan 2026 08:00:00 +0200": "2026-01-31T06:00:00Z",
    "Tue, 5 Mar 2024 08:00:00 PST": "2024-03-05T16:00:00Z",
    "Tue, 05 Mar 24 08:00 EST": "2024-03-05T13:00:00Z",
    "Tue, 12 Sept 2017 10:00:00 GMT": "2017-09-12T10:00:00Z",
    "Sun, 19 Dec 2021": "2021-12-19",
    "07 Oct 2025": "2025-10-07",
    "thu, 09 Feb 2012 10:00:00 GMT": "2012-02-09T10:00:00Z",
    "Wednesday, 9 may 2012 20:00:00 +0200": "2012-05-09T18:00:00Z",
    "Fri,12Jul2011 10:00:00 GMT": "2011-07-12T10:00:00Z",
    "Tue, 05 Mar 2024 24:00:00 GMT": "2024-03-06T00:00:00Z",
    "Tue, 05 Mar 2024 08:00:00 -0000": "2024-03-05T08:00:00Z",
    "Tue, 05 Mar 2024 08:00:00 MEZ": "2024-03-05T07:00:00Z",
    # An offset wins over the name beside it
    "Tue Mar 05 2024 08:00:00 GMT-0400 (EDT)": "2024-03-05T12:00:00Z",
    "Tue, 05 Mar 2024 08:00:00 GMT-0400 (EDT)": "2024-03-05T12:00:00Z",
    "Tue, 05 Mar 2024 08:00:00 EST +0000": "2024-03-05T08:00:00Z",
    "Tue, 05 Mar 2024 08:00:00 +0100 (Central European Time)": "2024-03-05T07:00:00Z",
    "Tue, 05 Mar 2024 08:00:00 GMT+1": "2024-03-05T07:00:00Z",
    # As people write it
    "5 March 2024": "2024-03-05",
    "5th of March 2024": "2024-03-05",
    "5-Mar-2024": "2024-03-05",
    "Mar 5, 2024": "2024-03-05",
    "March 5th, 2024": "2024-03-05",
    "Tuesday, March 5, 2024 6:00 PM EST": "2024-03-05T23:00:00Z",
    "Mar 5, 2024 at 12:30 a.m.": "2024-03-05T00:30:00Z",
    "Tue Mar  5 08:00:00 2024": "2024-03-05T08:00:00Z",
    "Tue Mar 5 08:00:00 EST 2024": "2024-03-05T13:00:00Z",
    "2020/06/04": "2020-06-04",
    "2020/6/4 10:05": "2020-06-04T10:05:00Z",
    "2024年3月5日": "2024-03-05",
    "05.03.2024": "2024-03-05",
    "5. 3. 2024, 18:00 Uhr": "2024-03-05T18:00:00Z",
    "25/03/2024": "2024-03-25",
    "03/25/2024 6 pm": "2024-03-25T18:00:00Z",
    # French, German, and their neighbours
    "5 mars 2024": "2024-03-05",
    "1er août 2023": "2023-08-01",
    "mar., 05 févr. 2024 08:00:00 +0100": "2024-02-05T07:00:00Z",
    "mardi 5 décembre 2023": "2023-12-05",
    "Di, 05 Mrz 2024 08:00:00 +0100": "2024-03-05T07:00:00Z",
    "Dienstag, 5. März 2024": "2024-03-05",
    "So, 17 Dez 2023 08:00:00 +0100": "2023-12-17T07:00:00Z",
    "5 de marzo de 2024": "2024-03-05",
    "5 maggio 2024": "2024-05-05",
    # Unix time
    "1614834367": "2021-03-04T05:06:07Z",
    "1614834367000": "2021-03-04T05:06:07Z",
    "1614834367.0": "2021-03-04T05:06:07Z",
}


@pytest.mark.parametrize(("written", "read"), EXACT.items())
def test_a_date_with_one_reading_is_read_without_a_word(written: str, read: str) -> None:
    assert read_date(written) == (read, None)


@pytest.mark.parametrize(
    "written",
    [
        "soon",
        "2024",
        "2024-03",
        "45356",
        "Tue, 32 Mar 2024 08:00:00 GMT",
        "0000-00-00 00:00:00",
        "30 February 2024",
        "Tue, 05 Mar 2024 25:00:00 GMT",
        "Recorded 5 March 2024",
        "5 March 2024 to 7 March 2024",
        "Sun, 19 Novemeber 2021",
        "13 PM, 5 March 2024",
        "9999-12-31T23:59:59-05:00",
        "1.70963E+12",
        "1" * 500,
    ],
)
def test_text_that_is_not_a_date_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        read_date(written)
    assert not isinstance(refused.value, AmbiguousDate)


@pytest.mark.parametrize("written", ["03/04/2024", "3-4-2024", "03/04/24", "03.04.24 08:00"])
def test_a_day_that_may_be_the_month_is_not_guessed(written: str) -> None:
    with pytest.raises(AmbiguousDate):
        read_date(written)


@pytest.mark.parametrize(
    ("written", "order", "read"),
    [
        ("03/04/2024", Order.DAY_FIRST, "2024-04-03"),
        ("03/04/2024", Order.MONTH_FIRST, "2024-03-04"),
        ("03/04/24 6 PM", Order.MONTH_FIRST, "2024-03-04T18:00:00Z"),
        ("03/04/24", Order.YEAR_FIRST, "2003-04-24"),
        ("25/04/2024", Order.MONTH_FIRST, "2024-04-25"),
        ("5 March 2024", Order.MONTH_FIRST, "2024-03-05"),
    ],
)
def test_a_known_order_determines_the_day(written: str, order: Order, read: str) -> None:
    assert read_date(written, order).value == read


@pytest.mark.parametrize(
    ("written", "orders"),
    [
        ("03/04/2024", {Order.DAY_FIRST, Order.MONTH_FIRST}),
        ("25/04/2024", {Order.DAY_FIRST}),
        ("04/25/2024 10:00", {Order.MONTH_FIRST}),
        ("03/25/24", {Order.MONTH_FIRST}),
        ("03/04/24", set(Order)),
        ("41/41/2024", set()),
        ("5 March 2024", None),
        ("2024-03-05", None),
    ],
)
def test_the_possible_orders_of_a_date_are_found(written: str, orders: set[Order] | None) -> None:
    assert orders_of(written) == orders


@pytest.mark.parametrize(
    ("written", "kept", "told"),
    [
        ("2999-01-01", "2999-01-01", "lies in the future"),
        ("Sat, 01 Jan 2999 10:00:00 GMT", "2999-01-01T10:00:00Z", "lies in the future"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "before there were podcasts"),
        ("Tue, 05 Mar 2024 23:00:00 IST", "2024-03-05", "the zone 'IST' is not known"),
        ("Mar 5, 2024 6:00 PM XYZ", "2024-03-05", "the zone 'XYZ' is not known"),
    ],
)
def test_a_doubtful_date_is_kept_and_reported(written: str, kept: str, told: str) -> None:
    value, note = read_date(written)
    assert value == kept
    assert note
    assert told in note
