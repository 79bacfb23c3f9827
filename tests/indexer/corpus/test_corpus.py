import gzip
import io
import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pyarrow as arrow
import pytest
from pyarrow import parquet

from indexer.corpus import Rejection, read_corpus
from indexer.episode import Episode, Podcast
from indexer.errors import CorpusError
from tests.conftest import SEED_SUMMARIES

Read = tuple[list[Episode], list[Rejection]]
ReadText = Callable[[str, str | bytes], Read]


def read(paths: Sequence[Path]) -> Read:
    rejections: list[Rejection] = []
    return list(read_corpus(paths, rejections.append)), rejections


@pytest.fixture
def read_text(tmp_path: Path) -> ReadText:
    """Reads a corpus of one file, given its name and content."""

    def read_it(name: str, content: str | bytes) -> Read:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return read([file])

    return read_it


@pytest.fixture
def field(read_text: ReadText) -> Callable[[str, object], object]:
    """The value that is read for a field, or None; the episode itself is read in any case."""

    def value_of(name: str, value: object) -> object:
        episodes, _ = read_text("a.jsonl", json.dumps({"summary": "Jazz", name: value}))
        return episodes[0].to_json().get(name)

    return value_of


# Text


def test_the_shipped_seeds_are_eight_summaries_as_they_were_written() -> None:
    episodes, rejections = read([SEED_SUMMARIES])
    assert [len(episodes), rejections] == [8, []]
    assert "\n".join(episode.summary for episode in episodes) == "\n".join(
        line for line in SEED_SUMMARIES.read_text().splitlines() if line
    )


def test_each_line_is_a_summary(read_text: ReadText) -> None:
    episodes, _ = read_text("a.txt", "Jazz on piano.\nA history of Rome\n\nSoil.")
    assert [e.summary for e in episodes] == ["Jazz on piano.", "A history of Rome", "Soil."]


def test_a_hard_wrapped_paragraph_is_one_summary(read_text: ReadText) -> None:
    episodes, _ = read_text("a.txt", "Jazz, played on the piano and on\nthe guitar.\r\n\r\nRome.")
    assert [e.summary for e in episodes] == [
        "Jazz, played on the piano and on the guitar.",
        "Rome.",
    ]


# JSON Lines, CSV, TSV

JAZZ = Episode(
    episode_id="1",
    summary="Jazz, on piano",
    title="Jazz",
    hosts=("Ann", "Bo"),
    published_at="2026-01-31",
    duration_s=3723.0,
    extra={"mood": "blue"},
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "a.csv",
            "id,Title,summary,hosts,published_at,duration_s,mood\n"
            '1,Jazz,"Jazz, on piano",Ann; Bo,2026-01-31,1:02:03,blue\n',
        ),
        (
            "a.tsv",
            "id\ttitle\tsummary\thosts\tpublished_at\tduration_s\tmood\n"
            "1\tJazz\tJazz, on piano\tAnn;Bo;Ann\t2026-01-31\t3723\tblue\n",
        ),
        (
            "a.jsonl",
            '{"_id": 1, "title": "Jazz", "text": "Jazz, on piano", "hosts": ["Ann", "Bo"], '
            '"published_at": "2026-01-31", "duration_s": 3723, "mood": "blue"}\n',
        ),
    ],
)
def test_every_format_gives_the_same_episode(read_text: ReadText, name: str, content: str) -> None:
    assert read_text(name, content) == ([JAZZ], [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "summary,podcast.title,podcast.link,podcast.mood\nJazz,Sounds,/a,blue\n"),
        (
            "a.jsonl",
            '{"summary": "Jazz", "podcast": {"title": "Sounds", "link": "/a", "mood": "blue"}}',
        ),
    ],
)
def test_a_podcast_has_its_own_fields(read_text: ReadText, name: str, content: str) -> None:
    [jazz], rejections = read_text(name, content)
    assert jazz.podcast == Podcast("Sounds", link="/a", extra={"mood": "blue"})
    assert [jazz.extra, rejections] == [{}, []]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "summary,podcast\nJazz,Sounds"),
        ("a.jsonl", '{"summary": "Jazz", "podcast": "Sounds"}'),
    ],
)
def test_a_podcast_that_is_a_string_is_its_title(
    read_text: ReadText, name: str, content: str
) -> None:
    [jazz], _ = read_text(name, content)
    assert jazz.podcast == Podcast("Sounds")


def test_a_podcast_without_a_title_is_omitted_and_reported(read_text: ReadText) -> None:
    [jazz], [rejection] = read_text("a.jsonl", '{"summary": "Jazz", "podcast": {"link": "/"}}')
    assert jazz.podcast is None
    assert "the field 'podcast' has no title" in rejection.reason


def test_a_link_may_be_called_a_url(read_text: ReadText) -> None:
    [jazz], _ = read_text("a.jsonl", '{"id": "1", "summary": "Jazz", "url": "/jazz"}')
    assert jazz == Episode(episode_id="1", summary="Jazz", link="/jazz")


def test_unknown_fields_of_any_type_are_kept(read_text: ReadText) -> None:
    unknown = {"rating": 3, "live": False, "links": [{"to": "東京"}], "nothing": None}
    episodes, _ = read_text("a.jsonl", json.dumps({"summary": "Jazz"} | unknown))
    assert episodes[0].extra == unknown


@pytest.mark.parametrize(
    ("given", "normalised"),
    [
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31T08:00:00+02:00", "2026-01-31T06:00:00Z"),
        ("2026-01-31 08:00", "2026-01-31T08:00:00Z"),
        ("last Tuesday", None),
        ("9999-12-31T23:59:59-05:00", None),
    ],
)
def test_dates_become_utc(
    field: Callable[[str, object], object], given: str, normalised: str | None
) -> None:
    assert field("published_at", given) == normalised


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(90, 90), ("90.5", 90.5), ("2:05", 125), ("1:00:01", 3601), (-1, None), ("nan", None)],
)
def test_durations_become_seconds(
    field: Callable[[str, object], object], given: object, seconds: float | None
) -> None:
    assert field("duration_s", given) == seconds


@pytest.mark.parametrize("given", ["Ann; Bo;", "Ann|Bo", ["Ann", " Bo ", "Ann"]])
def test_lists_are_split_and_have_each_name_once(
    field: Callable[[str, object], object], given: object
) -> None:
    assert field("guests", given) == ("Ann", "Bo")


def test_blank_lines_before_a_header_are_ignored(read_text: ReadText) -> None:
    episodes, _ = read_text("a.csv", "\n\nsummary\nJazz\n")
    assert [episode.summary for episode in episodes] == ["Jazz"]


def test_a_byte_order_mark_is_removed(read_text: ReadText) -> None:
    for name, content in [("a.txt", "Jazz"), ("a.csv", "summary\nJazz"), ("a.jsonl", '"x"')]:
        plain, marked = (read_text(name, content.encode(form)) for form in ("utf-8", "utf-8-sig"))
        assert plain == marked


# Ids


def test_a_missing_id_is_derived_from_title_and_summary(read_text: ReadText) -> None:
    records = [{"summary": "Jazz"}, {"summary": "Rome"}, {"summary": "Rome", "title": "History"}]
    content = "\n".join(map(json.dumps, records))
    ids = [episode.episode_id for episode in read_text("a.jsonl", content)[0]]
    assert len(set(ids)) == 3
    assert ids == [episode.episode_id for episode in read_text("b.jsonl", content)[0]]


@pytest.mark.parametrize("absent", [{"id": None}, {"id": ""}])
def test_a_blank_id_counts_as_missing(read_text: ReadText, absent: dict[str, object]) -> None:
    [episode], _ = read_text("a.jsonl", json.dumps(absent | {"summary": "Jazz", "_id": "jazz"}))
    assert episode.to_json() == {"id": "jazz", "summary": "Jazz", "headline": "Jazz"}


def test_two_episodes_with_one_id_names_both_places(tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.csv"
    first.write_text('{"id": "1", "summary": "Jazz"}\n')
    second.write_text("id,summary\n2,Rome\n1,Soil\n")
    episodes, [rejection] = read([first, second])
    assert [episode.summary for episode in episodes] == ["Jazz", "Rome"]
    assert str(rejection).startswith(f"{second}:3: ")
    assert f"{first}:1;" in str(rejection)


# Bad records: the records before and after are read

BEFORE, AFTER = '{"id": "before", "summary": "Jazz"}', '{"id": "after", "summary": "Rome"}'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param('{"summary": "Caf\xe9"}'.encode("latin-1"), "not valid UTF-8", id="latin-1"),
        pytest.param(b'{"summary": "Jazz"', "not JSON", id="cut short"),
        pytest.param(b'{"summary": "Jazz", "rating": NaN}', "not JSON", id="NaN"),
        pytest.param(b'{"summary": "Jazz", "rating": 1e999}', "not JSON", id="infinite"),
        pytest.param(b'["summary"]', "not a JSON object", id="no object"),
        pytest.param(b"null", "not a JSON object", id="null"),
        pytest.param(b'{"x": ' + b"[" * 99_999, "not JSON", id="too deep to parse"),
        pytest.param(
            b'{"summary": "Jazz", "x": %s%s}' % (b"[" * 800, b"]" * 800), "nested", id="deep"
        ),
        pytest.param(b'{"title": "Jazz"}', "no summary", id="no summary"),
        pytest.param(b'{"summary": ["Jazz"]}', "no summary", id="summary is no text"),
        pytest.param(b'{"summary": "Jazz \\ud800"}', "not valid UTF-8", id="surrogate"),
        pytest.param(b'{"summary": "J", "a": [{"\\ud800": 1}]}', "not valid UTF-8", id="nested"),
        pytest.param(b'{"summary": "%s"}' % (b"a" * 1_000_000), "shorten it", id="a megabyte"),
        pytest.param('{"summary": "🎷"}'.encode(), "no word", id="an emoji"),
        pytest.param(b'{"id": "%s", "summary": "J"}' % (b"a" * 10_000), "shorten it", id="long id"),
        pytest.param(b'{"id": 1.5, "summary": "Jazz"}', "neither text nor", id="id is a fraction"),
        pytest.param(b'{"id": "before", "summary": "Jazz"}', "already used", id="used id"),
    ],
)
def test_a_bad_record_is_reported_with_its_location_and_the_others_are_read(
    read_text: ReadText, tmp_path: Path, line: bytes, reason: str
) -> None:
    content = b"\n".join([BEFORE.encode(), line, AFTER.encode()])
    episodes, [rejection] = read_text("a.jsonl", content)
    assert [episode.episode_id for episode in episodes] == ["before", "after"]
    assert str(rejection).startswith(f"{tmp_path / 'a.jsonl'}:2: ")
    assert reason in rejection.reason
    assert not rejection.kept


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,Soil,and more", "3 values for 2 columns"),
        ("2", "no summary"),
        ('2,"Soil" and more', "not CSV"),
    ],
)
def test_a_bad_row_is_reported_with_its_line_and_the_others_are_read(
    read_text: ReadText, tmp_path: Path, row: str, reason: str
) -> None:
    content = f'id,summary\nbefore,"two\nlines"\n{row}\nafter,Rome\n'
    episodes, [rejection] = read_text("a.csv", content)
    assert [episode.episode_id for episode in episodes] == ["before", "after"]
    assert str(rejection).startswith(f"{tmp_path / 'a.csv'}:4: ")
    assert reason in rejection.reason


def test_an_unclosed_quote_is_reported_with_the_line_of_its_start(
    read_text: ReadText, tmp_path: Path
) -> None:
    episodes, [rejection] = read_text("a.csv", 'id,summary\n1,Jazz\n2,"Rome\n3,Soil\n')
    assert [episode.episode_id for episode in episodes] == ["1"]
    assert str(rejection).startswith(f"{tmp_path / 'a.csv'}:3: ")


def test_a_line_that_is_not_utf8_is_skipped_and_the_others_are_read(
    read_text: ReadText, tmp_path: Path
) -> None:
    episodes, [rejection] = read_text("a.txt", "Jazz.\nCafé.\nRome.".encode("latin-1"))
    assert [episode.summary for episode in episodes] == ["Jazz.", "Rome."]
    assert str(rejection).startswith(f"{tmp_path / 'a.txt'}:2: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [("published_at", "soon"), ("duration_s", "long"), ("hosts", [1]), ("title", {"a": "b"})],
)
def test_an_unusable_optional_field_is_omitted_and_reported(
    read_text: ReadText, tmp_path: Path, name: str, value: object
) -> None:
    record = json.dumps({"id": "1", "summary": "Jazz", name: value})
    episodes, [rejection] = read_text("a.jsonl", record)
    assert episodes == [Episode(episode_id="1", summary="Jazz")]
    assert rejection.kept
    assert str(rejection).startswith(f"{tmp_path / 'a.jsonl'}:1: the field {name!r}")


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv", "a.tsv"])
@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_reported(
    read_text: ReadText, tmp_path: Path, name: str, content: str
) -> None:
    episodes, [rejection] = read_text(name, content)
    assert episodes == []
    assert str(rejection) == f"{tmp_path / name}: the file is empty"


# Bad files


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", "Jazz".encode("utf-16"), ": is not UTF-8"),
        ("a.jsonl", BEFORE.encode("utf-32"), ": is not UTF-8"),
        ("a.csv", b"id,title\n1,Jazz\n", ":1: has no column named summary"),
        ("a.pdf", b"Jazz", ": cannot tell its form"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(
    read_text: ReadText, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(CorpusError) as refused:
        read_text(name, content)
    assert str(refused.value).startswith(f"{tmp_path / name}{reason}")


def test_a_path_that_is_not_a_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=str(tmp_path / "missing.jsonl")):
        read([tmp_path / "missing.jsonl"])


# Other formats, and several files

RECORDS = [{"id": "1", "summary": "Jazz"}, {"id": "2", "summary": "Rome"}]
FEED = """<rss version="2.0"><channel><title>Sounds</title>
<item><title>Soil</title><description>Soil and seeds.</description></item></channel></rss>"""


def test_a_json_array(read_text: ReadText, tmp_path: Path) -> None:
    episodes, [rejection] = read_text("a.json", json.dumps([*RECORDS, "Soil"]))
    assert [episode.summary for episode in episodes] == ["Jazz", "Rome"]
    assert str(rejection).startswith(f"{tmp_path / 'a.json'}#3: ")


def test_a_json_file_may_hold_json_lines(read_text: ReadText) -> None:
    episodes, _ = read_text("a.json", "\n".join(map(json.dumps, RECORDS)))
    assert [episode.summary for episode in episodes] == ["Jazz", "Rome"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [('[{"summary": "Jazz"}', "is not JSON"), ('{\n"name": "Jazz"\n}', "lists no episodes")],
)
def test_json_that_is_not_a_list_is_refused(read_text: ReadText, content: str, reason: str) -> None:
    with pytest.raises(CorpusError, match=reason):
        read_text("a.json", content)


def test_parquet(tmp_path: Path) -> None:
    rows = [{"id": 1, "summary": "Jazz", "published_at": date(2026, 1, 31), "hosts": ["Ann"]}]
    rows[0]["podcast"] = {"title": "Sounds", "link": None}
    parquet.write_table(arrow.Table.from_pylist([*rows, {"id": 2}]), tmp_path / "a.parquet")
    [jazz], [rejection] = read([tmp_path / "a.parquet"])
    assert [jazz.published_at, jazz.hosts, jazz.extra] == ["2026-01-31", ("Ann",), {}]
    assert jazz.podcast == Podcast("Sounds")
    assert str(rejection).startswith(f"{tmp_path / 'a.parquet'}#2: has no summary")


@pytest.mark.parametrize("content", [b"Jazz", b"PAR1" * 9])
def test_damaged_parquet_is_refused(read_text: ReadText, content: bytes) -> None:
    with pytest.raises(CorpusError, match=r"a\.parquet: cannot be read as Parquet"):
        read_text("a.parquet", content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "Jazz\n\nRome"),
        ("a.csv.gz", "summary\nJazz\nRome"),
        ("a.jsonl.gz", "\n".join(map(json.dumps, RECORDS))),
        ("a.gz", json.dumps(RECORDS)),
    ],
)
def test_compressed_files_are_recognised_by_their_first_bytes(
    read_text: ReadText, name: str, content: str
) -> None:
    episodes, _ = read_text(name, gzip.compress(content.encode()))
    assert [episode.summary for episode in episodes] == ["Jazz", "Rome"]


def test_a_truncated_compressed_file_is_refused(read_text: ReadText) -> None:
    with pytest.raises(CorpusError, match=r"a\.txt: is damaged gzip"):
        read_text("a.txt", gzip.compress(b"Jazz")[:-4])


def test_a_folder_is_read_without_files_of_unknown_format(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Jazz")
    (tmp_path / "b.pdf").write_text("Rome")
    (tmp_path / "c.rss").write_text(FEED)
    (tmp_path / "d").mkdir()
    episodes, [rejection] = read([tmp_path])
    assert [episode.summary for episode in episodes] == ["Jazz", "Soil and seeds."]
    assert str(rejection).startswith(f"{tmp_path / 'b.pdf'}: cannot tell its form")


def test_a_folder_without_files_is_reported(tmp_path: Path) -> None:
    episodes, [rejection] = read([tmp_path])
    assert episodes == []
    assert rejection.reason.startswith("the folder has no file")


def test_a_list_of_feeds(tmp_path: Path) -> None:
    (tmp_path / "soil.xml").write_text(FEED)
    (tmp_path / "page.xml").write_text("<html></html>")
    (tmp_path / "list.opml").write_text("""<opml version="2.0"><body><outline text="All & more">
        <outline xmlUrl="page.xml"/> <outline xmlUrl="missing.xml"/>
        <outline xmlUrl="ftp://example.org/feed"/> <outline xmlUrl="http://example.org/feed?a&b"/>
        <outline xmlUrl="soil.xml"/> <outline xmlUrl="soil.xml"/></outline></body></opml>""")
    [soil], rejections = read([tmp_path / "list.opml"])
    assert soil.podcast == Podcast("Sounds")
    assert [str(rejection).partition(":")[0] for rejection in rejections] == [
        str(tmp_path / "page.xml"),
        str(tmp_path / "missing.xml"),
        "ftp",
        "http",
    ]


@pytest.mark.parametrize(
    ("content", "summaries"),
    [
        (FEED, ["Soil and seeds."]),
        (json.dumps(RECORDS), ["Jazz", "Rome"]),
        ("\n".join(map(json.dumps, RECORDS)), ["Jazz", "Rome"]),
        ("id,summary\n1,Jazz\n", ["Jazz"]),
        ("id\tsummary\n1\tJazz\n", ["Jazz"]),
        ("Jazz\n\nRome\n", ["Jazz", "Rome"]),
    ],
)
def test_standard_input(
    monkeypatch: pytest.MonkeyPatch, content: str, summaries: list[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    rejections: list[Rejection] = []
    assert [e.summary for e in read_corpus(["-"], rejections.append)] == summaries
    assert rejections == []


# Markup and wrong encodings


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        ("<p>Jazz on <b>gui</b>tar.</p><p>And &amp; piano</p>", "Jazz on guitar.\nAnd & piano"),
        ("Jazz<br>Rome<script>alert(1)</script>", "Jazz\nRome"),
        ("The <dialog> element &amp; if a < b", "The <dialog> element & if a < b"),
        ("https://example.org/?a=1&copy=2", "https://example.org/?a=1&copy=2"),
        ("The cafÃ©â€™s piano", "The café’s piano"),
        ("“Ｊａｚｚ” ﬁt", "“Ｊａｚｚ” ﬁt"),
        ("  Jazz \r\n\r\n\xa0 and\t more ", "Jazz\nand more"),
    ],
)
def test_markup_and_wrong_encodings_are_removed_from_summaries(
    field: Callable[[str, object], object], given: str, read_as: str
) -> None:
    assert field("summary", given) == read_as


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("explicit", "yes", True),
        ("explicit", "clean", False),
        ("explicit", "rather", None),
        ("season", "3", 3),
        ("season", "third", None),
        ("episode_type", "Trailer", "trailer"),
        ("episode_type", "rerun", None),
        ("guid", 17, "17"),
        ("published_at", "Sat, 31 Jan 2026 08:00:00 +0200", "2026-01-31T06:00:00Z"),
    ],
)
def test_values_of_feeds_are_converted_to_types(
    field: Callable[[str, object], object], name: str, given: object, kept: object
) -> None:
    assert field(name, given) == kept


# Dates of numbers


@pytest.mark.parametrize(
    ("dates", "read_as"),
    [
        (["03/04/2024", "25/04/2024"], ["2024-04-03", "2024-04-25"]),
        (["03/04/2024", "04/25/2024"], ["2024-03-04", "2024-04-25"]),
        (["03/04/24", "03/25/24"], ["2024-03-04", "2024-03-25"]),
        (["03/04/2024", "05/04/2024"], [None, None]),
        (["03/04/2024", "25/04/2024", "04/25/2024"], [None, "2024-04-25", "2024-04-25"]),
        (["04/04/2024", "05.03.2024"], ["2024-04-04", "2024-03-05"]),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
def test_an_ambiguous_date_follows_the_other_dates_of_its_file_or_is_reported(
    read_text: ReadText, name: str, dates: list[str], read_as: list[str | None]
) -> None:
    rows = [{"summary": f"Jazz {n}", "published_at": date} for n, date in enumerate(dates)]
    content = {
        "a.csv": "\n".join(["summary,published_at", *(",".join(row.values()) for row in rows)]),
        "a.jsonl": "\n".join(map(json.dumps, rows)),
        "a.json": json.dumps(rows),
    }
    episodes, notes = read_text(name, content[name])
    assert [episode.published_at for episode in episodes] == read_as
    assert ["cannot be told apart" in note.reason for note in notes] == [True] * read_as.count(None)
