"""Reads transcripts in JSON: of Podcasting 2.0, of Whisper, and lists of segments like theirs."""

from collections.abc import Iterator, Mapping

from indexer.corpus.records.durations import read_seconds
from indexer.corpus.transcripts.cues import Cue, NoTranscript
from indexer.episode import Json

_LISTS = ("segments", "cues", "transcript", "transcription", "results", "monologues", "utterances")
_STARTS = ("startTime", "start", "start_s", "start_time", "from")
_ENDS = ("endTime", "end", "end_s", "end_time", "to")
_TEXTS = ("body", "text", "content", "transcript")
_SPEAKERS = ("speaker", "speakerName", "speaker_name", "speaker_label")
_LARGEST_OFFSET = 1000.0  # whisper.cpp writes offsets in milliseconds


def json_cues(document: Json) -> Iterator[Cue]:
    """Raises NoTranscript where the document has no list of segments."""
    listed = document
    if isinstance(document, Mapping):
        listed = next(
            (document[name] for name in _LISTS if isinstance(document.get(name), list)), None
        )
    if not isinstance(listed, list):
        raise NoTranscript("has no list of segments")
    for segment in listed:
        if isinstance(segment, Mapping) and (cue := _cue(segment)):
            yield cue


def _cue(segment: Mapping[str, Json]) -> Cue | None:
    text = next((segment[name] for name in _TEXTS if isinstance(segment.get(name), str)), None)
    offsets = segment.get("offsets")
    if isinstance(offsets, Mapping):
        start, end = (_seconds(offsets, names) for names in (_STARTS, _ENDS))
        start, end = (None if at is None else at / _LARGEST_OFFSET for at in (start, end))
    else:
        start, end = (_seconds(segment, names) for names in (_STARTS, _ENDS))
    if text is None or start is None:
        return None
    named = (segment[name] for name in _SPEAKERS if isinstance(segment.get(name), str))
    speaker = next(named, None)
    return Cue(start, start if end is None else end, text, speaker)


def _seconds(fields: Mapping[str, Json], names: tuple[str, ...]) -> float | None:
    given = next((fields[name] for name in names if name in fields), None)
    if isinstance(given, bool) or given is None:
        return None
    if isinstance(given, int | float):
        return float(given)
    try:
        return read_seconds(str(given).strip().rstrip("s").replace(",", "."))
    except ValueError:
        return None
