"""Recognises items whose id has changed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from indexer.corpus.fetching.addresses import lasting_form
from indexer.corpus.records.record import text_id
from indexer.episode import Json

Fields = dict[str, Json]


def identified(items: Sequence[Fields], before: Mapping[str, Fields]) -> dict[str, Fields]:
    """The items by id; one with a new id is recognised by its audio, or its title and date."""
    ids = [str(item.get("id") or text_id(item.get("title"), item["summary"])) for item in items]
    listed = set(ids)
    known = {
        mark: name
        for name, fields in before.items()
        if name not in listed
        for mark in _marks(fields)
    }
    uses = Counter(mark for item in items for mark in set(_marks(item))) if known else {}
    found: dict[str, Fields] = {}
    for name, item in zip(ids, items, strict=True):
        marks = [mark for mark in _marks(item) if mark in known and uses[mark] == 1]
        again = known[marks[0]] if marks and name not in before else name
        name = name if again in found else again
        found.setdefault(name, item | {"id": name})
    return found


def _marks(fields: Fields) -> Iterator[str]:
    if audio := fields.get("audio_url"):
        yield lasting_form(str(audio))
    if fields.get("title") and fields.get("published_at"):
        yield f"{fields['title']}\n{fields['published_at']}"
