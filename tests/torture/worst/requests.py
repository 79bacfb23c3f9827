"""The worst legal requests of every route, by name."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlencode

from service.api.schemas.fields import (
    DEEPEST_OFFSET,
    MOST_CHARACTERS_IN_ADDRESS,
    MOST_EXAMPLES,
    MOST_EXCLUDED,
    MOST_HITS,
    MOST_PODCASTS,
    MOST_QUESTION_CHARACTERS,
    MOST_VALUE_CHARACTERS,
    MOST_VALUES,
)
from tests.torture.worst.corpus import COMMON_TAG, FEWEST, LONG, RARE_TAG

_BODY_BYTES = 262_144  # of the largest body
_FACETS = ["podcast", "year", "person", "tag", "language"]
_COMMON = (
    "the and of to a in is this we that for on with it how what about from you are our".split()
)
_PLAIN = "what is the story about"
_SWELLING = "\ufdfa"  # one character that is eighteen, made plain
_DEEPEST = {"k": MOST_HITS, "offset": DEEPEST_OFFSET}
_NOTHING = {"person": ["nobody"]}
_LONG_ID, _PART_ID, _RERUN_ID = "made-up-0", "made-up-150", "made-up-151"


@dataclass(frozen=True)
class Worst:
    name: str
    target: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"


def requests() -> list[Worst]:
    of_questions = (*_questions(), *_narrowed(), *_similar(), *_likes())
    return [*of_questions, *_listed(), *_of_episodes(), *_others()]


def _long(name: str, q: str, k: int = 10) -> Worst:
    return _search(name, q=q, k=k)


def _search(name: str, **asked: Any) -> Worst:
    return Worst(f"question, {name}", "/search", _json({"q": _PLAIN, **asked}))


def _like(name: str, like: list[str], **asked: Any) -> Worst:
    return Worst(f"likes, {name}", "/similar", _json({"like": like, "k": MOST_HITS, **asked}))


def _one(name: str, episode_id: str, **asked: Any) -> Worst:
    target = f"/episodes/{episode_id}/similar?{_query({'k': MOST_HITS, **asked})}"
    return Worst(f"similar, {name}", target)


def _get(name: str, path: str, **asked: Any) -> Worst:
    return Worst(name, f"{path}?{_query(asked)}" if asked else path)


def _json(asked: Mapping[str, Any]) -> bytes:
    return json.dumps(asked, ensure_ascii=False).encode()


def _query(asked: Mapping[str, Any]) -> str:
    return urlencode(asked, doseq=True)


def _words(characters: int) -> str:
    """As many different words as fit."""
    told = " ".join(f"w{number}" for number in range(characters // 4))
    return told[:characters]


def _values(name: str) -> list[str]:
    return [
        f"{name} {number} {'x' * MOST_VALUE_CHARACTERS}"[:1000] for number in range(MOST_VALUES)
    ]


def _many_values() -> dict[str, list[str]]:
    """A hundred of two filters, as long as they may be: near the largest body."""
    return {"tag": [*_values("tag")[1:], COMMON_TAG], "person": _values("person")}


def _questions() -> Iterator[Worst]:
    most = MOST_QUESTION_CHARACTERS
    yield _long("20,000 characters of different words", _words(most), k=MOST_HITS)
    yield _long("20,000 characters of the most common words", _cycled(_COMMON, most), k=MOST_HITS)
    yield _long("one word of 20,000 characters", "a" * most)
    yield _long("20,000 words of one letter", "a " * (most // 2))
    yield _long("20,000 Chinese characters", "東京" * (most // 2))
    yield _long("20,000 characters that swell when made plain", _SWELLING * most)
    yield _long("20,000 marks on one letter", "e" + "\u0301" * (most - 1))
    yield _long("20,000 emoji", "🎷" * most)
    yield _long("words of a query language", 'AND (OR -"NOT ~* [TO] ' * 900)
    for mode in ("hybrid", "dense", "lexical"):
        yield _search(f"the deepest page, {mode}", mode=mode, **_DEEPEST)
    yield _search("the deepest page by date", sort="date", **_DEEPEST)
    yield _search("the deepest page by recency", recency=1, **_DEEPEST)
    yield _get("question in an address, 4,000 characters", "/search", q="東" * 3000, k=MOST_HITS)
    most = MOST_CHARACTERS_IN_ADDRESS
    yield _get("feed, 4,000 characters", "/search.rss", q=_words(most), k=MOST_HITS)
    yield _get(
        "feed, whatever its relevance", "/search.rss", q=_PLAIN, k=MOST_HITS, min_relevance=0
    )
    yield _get("feed, nothing relevant enough", "/search.rss", q=_PLAIN, min_relevance=1)


def _narrowed() -> Iterator[Worst]:
    grouped = {"group_by": "podcast", "per_group": 1}
    yield _search("one of each podcast", k=MOST_HITS, **grouped)
    yield _search("the deepest page of one of each podcast", **_DEEPEST, **grouped)
    yield _search(
        "two of each podcast by date", sort="date", **_DEEPEST, **grouped | {"per_group": 2}
    )
    yield _search("nothing relevant enough, all facets", min_relevance=1, facets=_FACETS)
    yield _search("nearly all relevant enough, all facets", min_relevance=0.001, facets=_FACETS)
    yield _search("all facets by word", mode="lexical", facets=_FACETS, **_DEEPEST)
    yield _search(
        "filters that match nothing", **_NOTHING, **_DEEPEST, facets=_FACETS, min_relevance=0.5
    )
    yield _search("filters that all pass", explicit=False, tag=[COMMON_TAG], **_DEEPEST)
    yield _search("a filter that one in a thousand passes", tag=[RARE_TAG], **_DEEPEST)
    yield _search("200 filters of 1,000 characters", **_many_values(), **_DEEPEST, facets=_FACETS)
    yield _search("dates that half pass", published_after="2016-11-01", recency=1, **_DEEPEST)
    yield _search("everything at once", min_duration_s=0, min_relevance=0.01, facets=_FACETS,
                  sort="date", recency=1, **_DEEPEST, **grouped)  # fmt: skip


def _similar() -> Iterator[Worst]:
    yield _one("to the longest text", _LONG_ID)
    yield _one("one of each podcast", _RERUN_ID, per_podcast=1)
    yield _one("each story once", _PART_ID, collapse="true")
    yield _one("duplicates only", _RERUN_ID, only="duplicates")
    yield _one("parts of a story only", _PART_ID, only="same_series")
    yield _one("duplicates only of what has none", _LONG_ID, only="duplicates")
    yield _one("each as unlike as can be", _RERUN_ID, diversity=1)
    yield _one("one podcast passes, one of it", _RERUN_ID, podcast="Show 3", per_podcast=1)
    yield _one("nothing passes", _PART_ID, **_NOTHING, per_podcast=1, collapse="true")
    yield _one("all pass, and every limit", _PART_ID, tag=COMMON_TAG, per_podcast=1,
               collapse="true", diversity=1)  # fmt: skip


def _likes() -> Iterator[Worst]:
    fitting = _BODY_BYTES // MOST_EXAMPLES - 200
    longest = [f"made-up-{number}" for number in range(LONG)][:MOST_EXAMPLES]
    texts = [f"{number} {_words(fitting)}"[:fitting] for number in range(MOST_EXAMPLES)]
    halves = [text[: fitting // 2] for text in texts]
    unlike = [f"no {text}"[: fitting // 2] for text in texts]
    excluded = [f"made-up-{number}" for number in islice(cycle(range(FEWEST)), MOST_EXCLUDED)]
    short = [*_COMMON[:MOST_EXAMPLES]]
    yield _like("20 texts as long as a body can hold", texts)
    yield _like("20 texts of 20,000 characters", ["a" * MOST_QUESTION_CHARACTERS] * MOST_EXAMPLES)
    yield _like("20 of half the length, unlike as many", halves, unlike=unlike)
    yield _like("20 of the longest episodes", longest)
    yield _like("10 of the longest episodes, unlike 10", longest[:10], unlike=longest[10:])
    yield _like("20 short ones, 1,000 excluded", short, exclude=excluded)
    yield _like("one of each podcast", longest, per_podcast=1)
    yield _like("every limit", longest, per_podcast=1, collapse=True, diversity=1)
    yield _like("all parts of a story", [_PART_ID, "made-up-100"], only="same_series")
    yield _like("duplicates only", [_RERUN_ID, "made-up-101"], only="duplicates", collapse=True)
    yield _like("200 filters of 1,000 characters", [_PLAIN], **_many_values(), per_podcast=1)


def _listed() -> Iterator[Worst]:
    facets = ",".join(_FACETS)
    last = _cursor_of("made-up-0")
    values = {"tag": [f"tag {number}" for number in range(99)] + [COMMON_TAG]}
    yield _get("episodes, all facets", "/episodes", limit=MOST_HITS, facets=facets)
    yield _get("episodes, from a cursor", "/episodes", limit=MOST_HITS, cursor=last, facets=facets)
    yield _get("episodes, 100 filters", "/episodes", limit=MOST_HITS, facets=facets, **values)
    yield _get("episodes, nothing passes", "/episodes", facets=facets, person="nobody")
    yield _get(
        "episodes, all that have a date", "/episodes", published_after="0001-01-01", limit=100
    )
    yield _get("podcasts, the most first", "/podcasts", sort="episodes", limit=MOST_PODCASTS)
    yield _get("podcasts, far past the last", "/podcasts", offset=10**18)
    yield _get("the longest episode", f"/episodes/{_LONG_ID}")
    yield _get("an episode by an id of 20,000 characters", f"/episodes/{'x' * 20_000}")


def _of_episodes() -> Iterator[Worst]:
    longest = _words(MOST_CHARACTERS_IN_ADDRESS)
    yield _get("moments of the longest episode", f"/episodes/{_LONG_ID}/moments", q=longest)
    yield _get("the transcript of the longest episode", f"/episodes/{_LONG_ID}/transcript")
    yield _get("suggestions for one letter", "/suggest", q="a")
    yield _get("suggestions of a narrow filter", "/suggest", q="a", tag=[RARE_TAG])
    yield _get("suggestions for a misspelt word", "/suggest", q="stroyy abuot teh")


def _others() -> Iterator[Worst]:
    yield _get("the map", "/map")
    yield Worst("the map, packed", "/map", headers={"Accept-Encoding": "gzip"})
    for path in ("/snapshot", "/metrics", "/", "/healthz", "/readyz", "/openapi.json", "/docs"):
        yield _get(path, path)
    yield Worst("/admin/reload", "/admin/reload", b"")


def _cursor_of(episode_id: str) -> str:
    return urlsafe_b64encode(episode_id.encode()).decode().rstrip("=")


def _cycled(words: list[str], characters: int) -> str:
    return " ".join(islice(cycle(words), characters // 2))[:characters]
