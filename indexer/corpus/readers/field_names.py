"""Reads what the user calls the fields of a corpus: summary=Show Notes,title=Name."""

import re

from indexer.corpus.source import FieldNames
from indexer.episode import KNOWN_FIELDS, PODCAST_FIELDS
from indexer.errors import CorpusError

_MADE = {"also_in", "listed", "chapters", "transcript_id"}
FIELDS = (
    "id",
    *(name for name in KNOWN_FIELDS if name not in _MADE),
    *(f"podcast.{name}" for name in PODCAST_FIELDS),
)
_BETWEEN = re.compile(r",(?=[^,=]*=)")  # a name of a column may hold a comma


def field_names(text: str) -> FieldNames:
    """The pairs of field and name. Raises CorpusError where one cannot be understood."""
    names = tuple(_pair(part) for part in _BETWEEN.split(text.strip(", ")) if part.strip())
    fields = [field for field, _ in names]
    for field in fields:
        if fields.count(field) > 1:
            raise CorpusError(f"MAP gives {field} twice; give each field one column.")
    return names


def _pair(part: str) -> tuple[str, str]:
    field, equals, name = (each.strip() for each in part.partition("="))
    if not equals or not name:
        raise CorpusError(f"MAP has {part.strip()!r}; write it as summary=Show Notes,title=Name.")
    if field not in FIELDS:
        known = ", ".join(FIELDS)
        raise CorpusError(f"MAP has the field {field!r}, which there is not; use one of {known}.")
    return ("podcast.title" if field == "podcast" else field), name
