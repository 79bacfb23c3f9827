"""Reads transcripts in HTML: <cite>Ana:</cite> <time>0:04</time> <p>what she says</p>."""

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from indexer.corpus.transcripts.cues import Cue, NoTranscript
from indexer.text.times.written import seconds_of, written_times

_UNREAD = ["script", "style", "iframe", "object", "noscript", "template", "head"]


def html_cues(content: str) -> Iterator[Cue]:
    """Raises NoTranscript where the page has no <time> in front of a paragraph."""
    page = LexborHTMLParser(content)
    page.strip_tags(_UNREAD, recursive=True)
    speaker, start, found = None, None, False
    for element in page.css("cite, time, p"):
        text = element.text().strip()
        if element.tag == "cite":
            speaker = text.rstrip(": ") or None
        elif element.tag == "time":
            time = next(written_times(text), None)
            start = seconds_of(text[time.first : time.stop].rstrip("])")) if time else None
        elif start is not None and text and not element.css_first("time"):
            found = True
            yield Cue(start, start, text, speaker)
    if not found:
        raise NoTranscript("is a web page without times of a transcript")
