"""Transcripts and chapters of a feed, fetched over real sockets, and of files beside a corpus."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from indexer.build import BuildOptions, build
from indexer.corpus.companions import Companions, stored_transcript
from indexer.corpus.fetching.fetcher import Fetcher
from indexer.corpus.records.location import Location, Record, Rejection
from indexer.encoder.artifact import Artifact
from indexer.episode import Episode
from indexer.snapshot import TRANSCRIPTS, Snapshot
from tests.indexer.corpus.fetching.conftest import Host, served

VTT = b"WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ana>We plant kelp in the spring.\n"
CHAPTERS = json.dumps({"version": "1.2.0", "chapters": [{"startTime": 7, "title": "Otters"}]})
WEB_PAGE = b"<!DOCTYPE html><html><body><h1>Not found</h1></body></html>"


@pytest.fixture
def host() -> Iterator[Host]:
    with served(Host()) as running:
        yield running


def feed(address: str, *names: str) -> bytes:
    items = "".join(
        f"""<item><guid>{name}</guid><title>{name}</title><description>About {name}.</description>
        <podcast:transcript url="{address}/{name}.html" type="text/html"/>
        <podcast:transcript url="{address}/{name}.vtt" type="text/vtt"/>
        <podcast:chapters url="{address}/{name}.json" type="application/json+chapters"/></item>"""
        for name in names
    )
    return (
        '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0">'
        f"<channel><title>Sea</title>{items}</channel></rss>"
    ).encode()


class Show:
    """Builds a corpus with its transcripts, and tells what was told."""

    def __init__(self, root: Path, artifact: Artifact) -> None:
        self.root, self.artifact = root, artifact
        self.told: list[str] = []

    def build(self, corpus: str | Path, seconds: float = 60.0) -> dict[str, Episode]:
        self.told.clear()
        directory = self.root / TRANSCRIPTS
        options = BuildOptions(
            fetch=Fetcher(self.root / "feeds", allow_private=True),
            companions=Companions(directory, allow_private=True, seconds=seconds),
            on_rejected=lambda rejection: self.told.append(str(rejection)),
        )
        build([corpus], self.root, self.artifact, options)
        return {each.title or "": each for each in Snapshot.current(self.root).episodes}

    def said(self, episode: Episode) -> list[tuple[float, str, str | None]]:
        assert episode.transcript_id
        found = stored_transcript(self.root / TRANSCRIPTS, episode.transcript_id)
        return [(cue.start_s, cue.text, cue.speaker) for cue in found.cues]


@pytest.fixture
def show(root: Path, artifact: Artifact) -> Show:
    return Show(root, artifact)


def test_transcript_and_chapters_of_a_feed_are_fetched(host: Host, show: Show) -> None:
    host.pages = {
        "/feed": feed(host.address, "kelp"),
        "/kelp.vtt": VTT,
        "/kelp.json": CHAPTERS.encode(),
    }
    episode = show.build(f"{host.address}/feed")["kelp"]
    assert show.told == []
    assert show.said(episode) == [(1.0, "We plant kelp in the spring.", "Ana")]
    assert [(each.start_s, each.title) for each in episode.chapters] == [(7, "Otters")]
    assert "/kelp.html" not in host.paths  # of several forms, the one that is read best


def test_what_fails_is_told_and_loses_no_episode(host: Host, show: Show) -> None:
    host.pages = {
        "/feed": feed(host.address, "kelp", "otters", "urchins"),
        "/kelp.vtt": WEB_PAGE,
        "/kelp.json": WEB_PAGE,
        "/otters.vtt": b"x" * (17 << 20),
        "/otters.json": b'{"chapters": [',
    }
    episodes = show.build(f"{host.address}/feed")
    assert {*episodes} == {"kelp", "otters", "urchins"}
    assert not any(each.transcript_id or each.chapters for each in episodes.values())
    told = "\n".join(show.told)
    assert "kelp.vtt is a web page without times" in told
    assert "kelp.json is a web page" in told
    assert "otters.vtt is larger than 16 MiB" in told
    assert "otters.json is no valid JSON" in told
    assert "urchins.vtt answers 404" in told
    assert "urchins.json answers 404" in told


def test_what_is_fetched_is_kept_and_not_asked_for_again(host: Host, show: Show) -> None:
    host.pages = {"/feed": feed(host.address, "kelp"), "/kelp.vtt": VTT}
    show.build(f"{host.address}/feed")
    del host.pages["/kelp.vtt"]
    assert show.said(show.build(f"{host.address}/feed")["kelp"])
    assert host.paths["/kelp.vtt"] == 1
    assert host.paths["/kelp.json"] == 2


def test_a_transcript_that_comes_later_makes_a_new_snapshot(host: Host, show: Show) -> None:
    host.pages = {"/feed": feed(host.address, "kelp")}
    assert show.build(f"{host.address}/feed")["kelp"].transcript_id is None
    host.pages["/kelp.vtt"] = VTT
    assert show.said(show.build(f"{host.address}/feed")["kelp"])


def test_what_there_is_no_time_for_is_left_for_the_next_build(host: Host, show: Show) -> None:
    host.pages = {"/feed": feed(host.address, "kelp"), "/kelp.vtt": VTT}
    assert show.build(f"{host.address}/feed", seconds=-1.0)["kelp"].transcript_id is None
    assert "is left for the next build" in show.told[0]
    assert show.build(f"{host.address}/feed")["kelp"].transcript_id


@dataclass
class Part:
    """A part of a corpus that counts how often it is read."""

    content: str = "one"
    read: int = 0

    def records(self) -> Iterator[Record]:
        self.read += 1
        yield Record(Location("corpus.jsonl", 1), {"transcript": "kelp.vtt"})

    def fingerprint(self) -> str:
        return self.content


def test_a_part_that_has_not_changed_is_not_read_for_what_it_names(tmp_path: Path) -> None:
    part = Part()
    [first], [second] = (Companions(tmp_path).of([part]) for _ in range(2))
    assert part.read == 1
    assert not isinstance(first, Rejection)
    assert not isinstance(second, Rejection)
    assert first.fingerprint() == second.fingerprint()
    assert part.read == 1
    part.content = "another"
    Companions(tmp_path).of([part])
    assert part.read == 2


def test_a_stored_transcript_that_no_episode_names_is_removed(tmp_path: Path, show: Show) -> None:
    corpus = tmp_path / "corpus.jsonl"
    record = {"title": "kelp", "summary": "About kelp.", "transcript": "kelp.txt"}
    corpus.write_text(json.dumps(record))
    (tmp_path / "kelp.txt").write_text("0:01 Ana plants kelp\n0:05 Bo eats\n0:09 End")
    before = show.build(corpus)["kelp"].transcript_id
    (tmp_path / "kelp.txt").write_text("0:01 Otters eat\n0:05 Bo eats\n0:09 End")
    after = show.build(corpus)["kelp"].transcript_id
    assert before != after
    assert [file.stem for file in (show.root / TRANSCRIPTS).glob("*.cues")] == [after]


def test_files_beside_a_corpus_are_read(tmp_path: Path, show: Show) -> None:
    (tmp_path / "said").mkdir()
    (tmp_path / "said" / "kelp.txt").write_text("0:01 Ana plants kelp\n0:05 Bo eats\n0:09 End")
    records = [
        {"title": "kelp", "summary": "About kelp.", "transcript": "said/kelp.txt"},
        {"title": "otters", "summary": "About otters.", "transcript": "said/otters.vtt"},
        {"title": "urchins", "summary": "About urchins.", "transcript": "../../../etc/passwd"},
        {"title": "crabs", "summary": "About crabs.", "transcript": "All that\nthey say."},
    ]
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("\n".join(map(json.dumps, records)))
    episodes = show.build(corpus)
    said = [text for _, text, _ in show.said(episodes["kelp"])]
    assert said == ["Ana plants kelp", "Bo eats", "End"]
    assert episodes["crabs"].transcript_id is None
    assert show.told == [
        f"{corpus}:2: its transcript said/otters.vtt is not there (left out until then)",
        f"{corpus}:3: its transcript ../../../etc/passwd lies outside of the folder of the corpus "
        "(left out until then)",
    ]


@pytest.mark.parametrize("declaration", ["", "<!DOCTYPE rss>"])  # the second is read leniently
def test_simple_chapters_of_a_feed_are_read(declaration: str, tmp_path: Path, show: Show) -> None:
    file = tmp_path / "feed.xml"
    file.write_text(
        f"""<?xml version="1.0"?>{declaration}
        <rss version="2.0" xmlns:psc="http://podlove.org/simple-chapters"><channel>
        <title>Sea</title><item><guid>a</guid><title>kelp</title><description>About kelp, and
        otters.</description><psc:chapters version="1.2">
        <psc:chapter start="00:00:00.000" title="Kelp" href="https://a.example/kelp"/>
        <psc:chapter start="00:01:02" title="Otters &lt;b&gt;" href="javascript:alert(1)"/>
        </psc:chapters></item></channel></rss>"""
    )
    found = show.build(file)["kelp"].chapters
    assert [(each.start_s, each.link) for each in found] == [
        (0, "https://a.example/kelp"),
        (62, None),
    ]
