"""The persons, transcripts and soundbites that elements of the podcast namespace tell.

Their fields are called as the Podcast Index API calls them.
"""

from collections.abc import Mapping, Sequence

from indexer.episode import Json

NAMESPACES = (
    "https://podcastindex.org/namespace/1.0",
    "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md",  # as it was
)
TITLED = "text"  # the key of an element's text, beside its attributes

Element = Mapping[str, str]  # its attributes, in lower case, and its text

_HOSTS = {"host", "co-host", "cohost", "guest host"}


def people_of(persons: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """The names of hosts and guests."""
    named = [(person["role"], person.get("name") or "") for person in persons]
    return {
        "hosts": [name for role, name in named if role in _HOSTS],
        "guests": [name for role, name in named if role == "guest"],
    }


def namespace_fields(
    persons: Sequence[Element], transcripts: Sequence[Element], soundbites: Sequence[Element]
) -> dict[str, Json]:
    """The fields of an item that these elements give; what two fields would say stands in one."""
    people = [_person(each) for each in persons]
    texts = [_given(each, "url", "type", "language", "rel") for each in transcripts]
    texts = [text for text in texts if text.get("url")]
    say_more = any(
        set(person) > {"name", "role"} or person["role"] not in {*_HOSTS, "guest"}
        for person in people
    )
    return {
        **people_of(people),
        "persons": people if say_more else [],
        "transcript_url": texts[0]["url"] if texts else None,
        "transcripts": texts if len(texts) > 1 else [],
        "soundbites": [_soundbite(each) for each in soundbites],
    }


def _person(element: Element) -> dict[str, Json]:
    said = _given(element, "group", "href", "img")
    role = element.get("role", "").strip().lower() or "host"
    return {"name": element.get(TITLED, "").strip(), "role": role, **said}


def _soundbite(element: Element) -> dict[str, Json]:
    times = {"startTime": element.get("starttime"), "duration": element.get("duration")}
    title = element.get(TITLED, "").strip()
    said = {name: _number(time) for name, time in times.items() if time}
    return {**said, "title": title} if title else said


def _number(text: str) -> Json:
    try:
        return float(text)
    except ValueError:
        return text


def _given(element: Element, *names: str) -> dict[str, str]:
    return {name: element[name].strip() for name in names if element.get(name, "").strip()}
