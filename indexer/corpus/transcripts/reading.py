"""Tells the form of a file of a transcript or of chapters by its content, and reads it."""

import json
import re
from pathlib import Path

from indexer.corpus.records.given_chapters import read_chapters
from indexer.corpus.transcripts.captions import caption_cues
from indexer.corpus.transcripts.cues import NoTranscript, Transcript
from indexer.corpus.transcripts.html_cues import html_cues
from indexer.corpus.transcripts.json_cues import json_cues
from indexer.corpus.transcripts.timed_text import timed_text_cues
from indexer.episode import Json

MOST_MIB = 16
_CAPTIONS = re.compile(r"\d:\d\d[.,]\d{1,3}\s*-+>\s*\d")
_HTML = re.compile(r"<(?:!doctype|html|head|body|p|cite|time|div)\b", re.IGNORECASE)
_HEAD = 4000  # characters


def read_transcript(file: Path, duration_s: float | None = None) -> Transcript:
    """The transcript in a file of any known form. Raises NoTranscript, saying why there is none."""
    text = _text(file)
    head = text[:_HEAD]
    if text.lstrip().startswith(("{", "[{")):
        cues = json_cues(_json(text))
    elif head.startswith("WEBVTT") or _CAPTIONS.search(head):
        cues = caption_cues(text)
    elif _HTML.search(head):
        cues = html_cues(text)
    else:
        cues = timed_text_cues(text)
    return Transcript.of(cues, duration_s)


def read_chapters_file(file: Path, duration_s: float | None = None) -> list[Json]:
    """The chapters of a Podcasting 2.0 file, as a record gives them. Raises NoTranscript."""
    try:
        chapters = read_chapters(_json(_text(file)), duration_s)
    except NoTranscript:
        raise
    except ValueError as error:
        raise NoTranscript(str(error)) from None
    return [chapter.to_json() for chapter in chapters]


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_MIB << 20:
            raise NoTranscript(f"is larger than {MOST_MIB} MiB")
        content = file.read_bytes()
    except OSError as error:
        raise NoTranscript(f"cannot be read ({error.strerror or error})") from None
    text = content.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _json(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        what = "is a web page" if _HTML.search(text[:_HEAD]) else "is no valid JSON"
        raise NoTranscript(what) from None
