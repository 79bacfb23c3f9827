"""Divides the persons of podcast:person into hosts and guests."""

from indexer.episode import Json

NAMESPACE = "https://podcastindex.org/namespace/1.0"

_HOSTS = {"host", "co-host", "cohost", "guest host"}


def people_of(persons: list[dict[str, str]]) -> dict[str, Json]:
    named = [(person["role"], person.get("name") or "") for person in persons]
    return {
        "hosts": [name for role, name in named if role in _HOSTS],
        "guests": [name for role, name in named if role == "guest"],
    }
