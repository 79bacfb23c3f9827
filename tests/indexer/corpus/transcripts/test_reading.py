"""Transcripts as hosts publish them, whole and broken."""

import json
from pathlib import Path

import pytest

from indexer.corpus.transcripts import (
    NoTranscript,
    Transcript,
    read_chapters_file,
    read_transcript,
)

VTT = """WEBVTT

NOTE made by hand

1
00:00:01.000 --> 00:00:04.500 align:start
<v Ana>We plant kelp
in the <i>spring</i>.

00:04.500 --> 00:09.000
<v Bo Li>[MUSIC] Otters eat urchins.

01:00:02.000 --> 01:00:03.000
The end.
"""
SRT = """1
00:00:01,000 --> 00:00:04,500
We plant kelp in the spring.

2
0:00:04,5 --> 0:00:09,0
Otters eat urchins.

3
01:00:02,000 --> 01:00:03,000
The end.
"""
PODCASTING = {
    "version": "1.0.0",
    "segments": [
        {"speaker": "Ana", "startTime": 1, "endTime": 4.5, "body": "We plant kelp in the spring."},
        {"speaker": "Bo", "startTime": 4.5, "endTime": 9, "body": "Otters eat urchins."},
        {"startTime": 3602, "endTime": 3603, "body": "The end."},
    ],
}
WHISPER = {
    "text": "all of it",
    "language": "en",
    "segments": [
        {"id": 0, "start": 1.0, "end": 4.5, "text": " We plant kelp in the spring.", "tokens": [1]},
        {"id": 1, "start": 4.5, "end": 9.0, "text": " Otters eat urchins."},
        {"id": 2, "start": 3602.0, "end": 3603.0, "text": " The end."},
    ],
}
WHISPER_CPP = {
    "transcription": [
        {"offsets": {"from": 1000, "to": 4500}, "text": " We plant kelp in the spring."},
        {"offsets": {"from": 4500, "to": 9000}, "text": " Otters eat urchins."},
        {"offsets": {"from": 3602000, "to": 3603000}, "text": " The end."},
    ]
}
HTML = """<html><head><title>Kelp</title></head><body>
<cite>Ana:</cite> <time>0:01</time> <p>We plant kelp in the <b>spring</b>.</p>
<cite>Bo:</cite> <time>0:04</time> <p>Otters eat urchins.</p>
<time>1:00:02</time> <p>The end.</p><script>alert(1)</script></body></html>"""
TEXT = """00:00:01 We plant kelp in the spring.

00:00:04 Otters eat urchins.

01:00:02 The end.
"""
TEXT_WITH_SPEAKERS = """Ana (00:01):
We plant kelp
in the spring.

Bo Li 00:04
Otters eat urchins.

[1:00:02] The end.
"""
FORMS = {
    "a.vtt": VTT,
    "a.srt": SRT,
    "byte-order mark.srt": "\ufeff" + SRT.replace("\n", "\r\n"),
    "a.json": json.dumps(PODCASTING),
    "whisper.json": json.dumps(WHISPER),
    "whisper.cpp.json": json.dumps(WHISPER_CPP),
    "list.json": json.dumps(WHISPER["segments"]),
    "a.html": HTML,
    "a.txt": TEXT,
    "speakers.txt": TEXT_WITH_SPEAKERS,
}
SAID = ["We plant kelp in the spring.", "Otters eat urchins.", "The end."]


def read(folder: Path, content: str | bytes, duration_s: float | None = None) -> Transcript:
    file = folder / "transcript"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_transcript(file, duration_s)


@pytest.mark.parametrize("name", FORMS)
def test_each_form_is_told_by_its_content(name: str, tmp_path: Path) -> None:
    cues = read(tmp_path, FORMS[name]).cues
    assert [cue.text for cue in cues] == SAID
    assert [int(cue.start_s) for cue in cues] == [1, 4, 3602]
    assert all(cue.start_s <= cue.end_s for cue in cues)


@pytest.mark.parametrize(
    ("name", "speakers"),
    [
        ("a.vtt", ["Ana", "Bo Li", None]),
        ("a.json", ["Ana", "Bo", None]),
        ("a.html", ["Ana", "Bo", "Bo"]),
        ("speakers.txt", ["Ana", "Bo Li", None]),
    ],
)
def test_speakers_are_kept(name: str, speakers: list[str | None], tmp_path: Path) -> None:
    assert [cue.speaker for cue in read(tmp_path, FORMS[name]).cues] == speakers


def test_a_name_that_recurs_in_front_of_the_text_is_a_speaker(tmp_path: Path) -> None:
    turns = [f"00:0{n} {'ANA' if n % 2 else 'Bo Li'}: Kelp {n}: a plant." for n in range(1, 8)]
    cues = read(tmp_path, "\n".join(turns)).cues
    assert [cue.speaker for cue in cues[:2]] == ["ANA", "Bo Li"]
    assert cues[0].text == "Kelp 1: a plant."


def test_cues_out_of_order_and_overlapping_are_sorted(tmp_path: Path) -> None:
    cues = [
        {"start": 9, "end": 5, "text": "three fish"},
        {"start": 1, "end": 9000, "text": "one fish"},
        {"start": 4, "end": 12, "text": "two fish"},
    ]
    found = read(tmp_path, json.dumps({"segments": cues})).cues
    assert [cue.text for cue in found] == ["one fish", "two fish", "three fish"]
    assert [cue.end_s for cue in found] == [4, 12, 9]


@pytest.mark.parametrize("start", [-5, 1e12, "soon", None, True, {"a": 1}])
def test_a_cue_without_a_credible_time_is_left_out(start: object, tmp_path: Path) -> None:
    cues = [{"start": 1, "text": "one good fish"}, {"start": start, "text": "bad"}]
    found = read(tmp_path, json.dumps({"segments": cues})).cues
    assert [cue.text for cue in found] == ["one good fish"]


def test_a_broken_block_harms_no_other(tmp_path: Path) -> None:
    broken = VTT.replace("00:04.500 --> 00:09.000", "00:0x.500 --> 00:09.000")
    assert [cue.text for cue in read(tmp_path, broken).cues] == [SAID[0], SAID[2]]


def test_a_speaker_of_ten_thousand_letters_is_none(tmp_path: Path) -> None:
    cues = [{"start": 1, "text": "We plant kelp.", "speaker": "A" * 10_000}]
    assert read(tmp_path, json.dumps({"segments": cues})).cues[0].speaker is None


def test_markup_is_read_as_text(tmp_path: Path) -> None:
    cues = [{"start": 1, "text": "<p>We <img src=x onerror=alert(1)>plant kelp</p>"}]
    assert read(tmp_path, json.dumps({"segments": cues})).cues[0].text == "We plant kelp"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<!DOCTYPE html><html><body><h1>404</h1><p>Not here</p></body></html>", "web page"),
        ("", "no times"),
        ("We plant kelp.\nOtters eat urchins.", "no times"),
        ("{}", "no list of segments"),
        ('{"segments": []}', "no words"),
        ('{"segments": [', "no valid JSON"),
        ("WEBVTT\n\n", "no words"),
        (b"\xff\xfe\x00\x01" * 1000, "no times"),
        ("[" * 100_000, "no times"),
    ],
)
def test_what_is_no_transcript_is_told(content: str | bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(NoTranscript, match=reason):
        read(tmp_path, content)


def test_a_transcript_of_twenty_megabytes_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoTranscript, match="larger than 16 MiB"):
        read(tmp_path, b"x" * (20 << 20))


def test_the_transcript_of_a_much_longer_episode_is_told(tmp_path: Path) -> None:
    cues = [{"start": 100 * n, "text": f"fish number {n}"} for n in range(50)]
    with pytest.raises(NoTranscript, match="past the end"):
        read(tmp_path, json.dumps({"segments": cues}), duration_s=600)
    assert len(read(tmp_path, json.dumps({"segments": cues}), duration_s=4700).cues) == 50


def test_a_transcript_is_stored_and_read_again(tmp_path: Path) -> None:
    transcript = read(tmp_path, VTT)
    assert Transcript.from_json(transcript.to_json()) == transcript


CHAPTERS = {
    "version": "1.2.0",
    "chapters": [
        {"startTime": 60, "title": "Otters", "url": "javascript:alert(1)", "img": "http://a/b"},
        {"startTime": 0, "title": "Kelp", "url": "https://a.example/kelp"},
        {"startTime": 30, "title": "An advertisement", "toc": False},
    ],
}


def test_a_file_of_chapters_is_read(tmp_path: Path) -> None:
    file = tmp_path / "chapters.json"
    file.write_text(json.dumps(CHAPTERS))
    assert read_chapters_file(file) == [
        {"start_s": 0.0, "title": "Kelp", "link": "https://a.example/kelp"},
        {"start_s": 60.0, "title": "Otters"},
    ]


@pytest.mark.parametrize("content", ["<html></html>", "[]x", '{"chapters": "none"}', "[1, 2]"])
def test_a_file_that_has_no_chapters_is_told(content: str, tmp_path: Path) -> None:
    file = tmp_path / "chapters.json"
    file.write_text(content)
    with pytest.raises(NoTranscript):
        read_chapters_file(file)


def test_the_chapters_of_another_episode_are_told(tmp_path: Path) -> None:
    file = tmp_path / "chapters.json"
    file.write_text(json.dumps({"chapters": [{"startTime": 5000, "title": "Kelp"}]}))
    with pytest.raises(NoTranscript, match="within the episode"):
        read_chapters_file(file, duration_s=600)
