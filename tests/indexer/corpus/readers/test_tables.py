"""Tables as spreadsheets write them: delimiters, encodings, names of columns."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as arrow
import pytest
from pyarrow import parquet

from indexer.corpus import Rejection, gather, read_corpus
from indexer.corpus.sources import fetch_nothing
from indexer.episode import Episode, Podcast
from indexer.errors import CorpusError

Read = tuple[list[Episode], list[Rejection]]
ReadTable = Callable[..., Read]

TEA = Episode(
    episode_id="",
    title="Tea; and ports",
    summary="A leaf,\nand who drank it",
    published_at="2024-03-05",
    duration_s=2530.0,
    podcast=Podcast("Market Hour"),
    extra={"colour": "green"},
)
ROWS = (
    ["Episode Title", "DESCRIPTION", "Release Date", "show", "Duration", "Colour"],
    ["Tea; and ports", "A leaf,\nand who drank it", "05.03.2024", "Market Hour", "42:10", "green"],
)


def table(delimiter: str, first: str = "") -> str:
    rows = (delimiter.join(f'"{value}"' for value in row) for row in ROWS)
    return first + "\r\n".join(rows) + "\r\n"


@pytest.fixture
def read_table(tmp_path: Path) -> ReadTable:
    def read_it(content: str | bytes, name: str = "a.csv", **names: str) -> Read:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        rejections: list[Rejection] = []
        field_names = tuple((target, source) for target, source in names.items())
        return list(read_corpus([file], rejections.append, field_names=field_names)), rejections

    return read_it


def without_id(episode: Episode) -> dict[str, object]:
    return {**episode.to_json(), "id": ""}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_every_delimiter_is_recognised_by_the_header(
    read_table: ReadTable, delimiter: str, name: str
) -> None:
    [tea], rejections = read_table(table(delimiter), name)
    assert [without_id(tea), rejections] == [TEA.to_json(), []]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", ["a.txt", "a", "a.tab"])
def test_a_table_with_tabs_is_recognised_by_its_header(
    read_table: ReadTable, encoding: str, name: str
) -> None:
    [tea], rejections = read_table(table("\t").encode(encoding), name)
    assert [without_id(tea), rejections] == [TEA.to_json(), []]


@pytest.mark.parametrize(
    ("first", "delimiter"),
    [("sep=;\r\n", ";"), ("SEP=,\n", ","), ('"sep=;"\n', ";"), ("sep=\t\r\n", "\t")],
)
def test_a_line_that_states_the_delimiter_is_believed(
    read_table: ReadTable, tmp_path: Path, first: str, delimiter: str
) -> None:
    content = table(delimiter, first) + delimiter.join(["x"] * 7)
    [tea], [rejection] = read_table(content)
    assert without_id(tea) == TEA.to_json()
    assert str(rejection).startswith(f"{tmp_path / 'a.csv'}:5: has 7 values for 6 columns")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_recognised_by_its_byte_order_mark(read_table: ReadTable, encoding: str) -> None:
    content = table(";").replace("ports", "pörts ☕").encode(encoding)
    [tea], rejections = read_table(content)
    assert [tea.title, rejections] == ["Tea; and pörts ☕", []]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_byte_order_mark_is_reported(read_table: ReadTable, encoding: str) -> None:
    [tea], [note] = read_table(table("\t").replace("ports", "pörts").encode(encoding))
    assert tea.title == "Tea; and pörts"
    assert note.kept
    assert f"is read as {encoding.upper()}" in note.reason


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("cp1252", "Une histoire du café à Genève, où l’on buvait déjà"),
        ("cp1252", "Warum die Straße größer wird und wer für sie zahlt"),
        ("cp1252", "It’s fine — really: a show about “quotes”"),
        ("cp1250", "Gdzie mieszkają żółwie i dlaczego tak długo śpią"),
        ("cp1251", "Что делает улей между ноябрём и мартом"),
        ("cp1253", "Τι κάνει μια κυψέλη τον χειμώνα"),
        ("cp1254", "Arılar kışın ne yapar, kovan nasıl ısınır ve şeker"),
    ],
)
def test_a_windows_code_page_is_guessed_and_reported(
    read_table: ReadTable, page: str, text: str
) -> None:
    [episode], [note] = read_table(f"title;description\n1;{text}\n".encode(page))
    assert episode.summary == text
    assert note.kept
    assert f"is read as Windows-{page[2:]}, a guess" in note.reason


def test_an_invalid_byte_in_utf_8_rejects_only_its_row(read_table: ReadTable) -> None:
    content = "summary\nÜber Käse für Öfen\nCaf".encode() + b"\xe9\nJazz\n"
    episodes, [rejection] = read_table(content)
    assert [e.summary for e in episodes] == ["Über Käse für Öfen", "Jazz"]
    assert "not valid UTF-8" in rejection.reason


@pytest.mark.parametrize(
    ("header", "row", "wanted"),
    [
        (
            "trackName,description,releaseDate,collectionName,trackTimeMillis",
            "Tin,Bronze.,2023-02-01T06:00:00Z,Trade,90500",
            {"title": "Tin", "duration_s": 90.5, "podcast": {"title": "Trade"}},
        ),
        (
            "TRACKNAME,Description,ReleaseDate,Show",
            "Tin,Bronze.,2023-02-01,Trade",
            {"title": "Tin", "published_at": "2023-02-01", "podcast": {"title": "Trade"}},
        ),
        (
            "title,description,datePublished,enclosureUrl,feedTitle,duration",
            "Salt,Mines.,1700000000,https://m.example/1.mp3,Under,61",
            {
                "published_at": "2023-11-14T22:13:20Z",
                "audio_url": "https://m.example/1.mp3",
                "duration_s": 61.0,
                "podcast": {"title": "Under"},
            },
        ),
        (
            "name,description,release_date,duration_ms,audio_preview_url",
            "Moss,Walls.,2024-03-05,1500,https://s.example/p.mp3",
            {"title": "Moss", "published_at": "2024-03-05", "duration_s": 1.5},
        ),
        (
            "Episode Name,Show Notes,Publish Date,Duration (min),Episode #,Host,Guest(s)",
            'Fog,On horns.,"Mar 5, 2024",45,12,Ann; Bo,Cy',
            {
                "title": "Fog",
                "summary": "On horns.",
                "published_at": "2024-03-05",
                "duration_s": 2700.0,
                "episode": 12,
                "hosts": ("Ann", "Bo"),
                "guests": ("Cy",),
            },
        ),
    ],
)
def test_columns_in_the_names_of_directories_and_people(
    read_table: ReadTable, header: str, row: str, wanted: dict[str, object]
) -> None:
    [episode], rejections = read_table(f"{header}\n{row}\n")
    assert rejections == []
    assert episode.to_json().items() >= wanted.items()


def test_a_name_of_our_own_counts_before_all_others(read_table: ReadTable) -> None:
    [jazz], _ = read_table("summary,description,title,name\nJazz,More,Blue,Ann\n")
    assert [jazz.summary, jazz.title] == ["Jazz", "Blue"]
    assert jazz.extra == {"description": "More", "name": "Ann"}


def test_the_padding_of_a_spreadsheet_is_no_column(read_table: ReadTable) -> None:
    episodes, rejections = read_table("summary;title;;\nJazz;Blue;;\n;;;\nRome;;;\n")
    assert [e.summary for e in episodes] == ["Jazz", "Rome"]
    assert [e.extra for e in episodes] == [{}, {}]
    assert rejections == []


def test_two_columns_of_one_name_are_both_kept(read_table: ReadTable) -> None:
    [jazz], _ = read_table("summary,mood,mood\nJazz,blue,slow\n")
    assert jazz.extra == {"mood": "blue", "mood 2": "slow"}


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("Show Notes,Abstract", "its fields 'show notes', 'abstract' may each be the summary"),
        ("summary,Air Date,Date", "its fields 'air date', 'date' may each be the published_at"),
        ("description,trackName,datePublished", "its fields fit two shapes"),
        ("artist,song", "has no column named summary; its columns are 'artist', 'song'"),
    ],
)
def test_an_ambiguous_or_unknown_header_is_refused_with_its_names(
    read_table: ReadTable, tmp_path: Path, header: str, told: str
) -> None:
    with pytest.raises(CorpusError) as refused:
        read_table(f"{header}\na,b,c\n")
    assert str(refused.value).startswith(f"{tmp_path / 'a.csv'}:1: {told}")
    assert "MAP=" in str(refused.value)


# Names that the user gives


def test_a_name_that_the_user_gives_decides(read_table: ReadTable) -> None:
    content = "Abstract,Show Notes,What,When\nShort,Long,Fog,05.03.2024\n"
    [fog], rejections = read_table(content, summary="Show notes", title="What", published_at="When")
    assert [fog.summary, fog.title, fog.published_at] == ["Long", "Fog", "2024-03-05"]
    assert [fog.extra, rejections] == [{"abstract": "Short"}, []]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '[{"what": "Fog", "body": "On horns.", "of": "Sea"}]'),
        ("b.json", '{"things": [{"what": "Fog", "body": "On horns.", "of": "Sea"}]}'),
        ("a.jsonl", '{"what": "Fog", "body": "On horns.", "of": "Sea"}\n'),
        ("a.csv", "What,Body,Of\nFog,On horns.,Sea\n"),
    ],
)
def test_names_that_the_user_gives_hold_for_every_form(
    read_table: ReadTable, name: str, content: str
) -> None:
    names = {"title": "what", "summary": "body", "podcast.title": "of"}
    [fog], rejections = read_table(content, name, **names)
    assert [fog.title, fog.summary, fog.podcast] == ["Fog", "On horns.", Podcast("Sea")]
    assert [fog.extra, rejections] == [{}, []]


def test_a_missing_column_is_reported(read_table: ReadTable, tmp_path: Path) -> None:
    [fog], [note] = read_table("summary\nFog\n", title="Nmae")
    assert fog.title is None
    assert note.kept
    assert str(note).startswith(f"{tmp_path / 'a.csv'}: has no column named 'Nmae'")


def test_columns_of_parquet_have_the_same_names(tmp_path: Path) -> None:
    rows = [{"Episode Title": "Fog", "Show Notes": "On horns.", "Duration": 61.5, "Show": "Sea"}]
    parquet.write_table(arrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    [fog] = read_corpus([tmp_path / "a.parquet"], lambda _: None)
    assert [fog.title, fog.summary, fog.duration_s] == ["Fog", "On horns.", 61.5]
    assert fog.podcast == Podcast("Sea")


def test_other_names_make_another_corpus(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\nFog,Horns\n")
    prints = []
    for names in ((), (("summary", "a"),), (("summary", "b"),)):
        with gather([tmp_path / "a.csv"], fetch_nothing, field_names=names) as [part]:
            assert not isinstance(part, Rejection)
            prints.append(part.fingerprint())
    assert len({*prints}) == 3
