"""What must be true of each answer. Raises AssertionError where it is not."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from indexer.ranking.calibration import GOOD_MATCH
from tests.torture.model.by_hand import (
    FILTERS,
    Asked,
    Record,
    agree,
    grouped,
    newness,
    passes,
    plain,
    podcasts,
)
from tests.torture.model.listing import DEEPEST_HIT, Listing

_ALL_IN_FIRST_RING = 150  # episodes, of which the first ring of similar ones misses none
_OF_HITS = ("q", "mode", *FILTERS)


def check(listing: Listing, of: str, asked: Asked) -> None:
    _CHECKS[of](listing, asked)


def check_corpus(listing: Listing) -> None:
    """Every record is served, each episode once, and every view shows the same ones."""
    served = {each: listing.served(each)["id"] for each in listing.corpus.ids}
    assert set(served.values()) == set(listing.by_id)
    assert len(listing.by_id) == len(listing.records)
    for copy, original in listing.corpus.merged.items():
        assert served[copy] == served[original]
    assert listing.get("/snapshot")["corpus"]["episodes"] == len(listing.records)
    assert sorted(listing.get("/map")["ids"]) == sorted(listing.by_id)
    _check_podcasts_agree(listing)


def _check_podcasts_agree(listing: Listing) -> None:
    """Podcasts, facets, browsing and the records name the same with the same counts."""
    listed = listing.get("/podcasts", {"limit": 1000})
    facet = listing.get("/episodes", {"facets": "podcast"})["facets"]["podcast"]
    assert agree(facet, listing.records, "podcast")
    assert {each["title"]: each["episodes"] for each in listed["podcasts"]} == {
        each["value"]: each["count"] for each in facet
    }
    for each in listed["podcasts"]:
        own = [r for r in listing.records if plain(each["title"]) in map(plain, podcasts(r))]
        assert each["episodes"] == len(own)
        assert each["latest"] == max(own, key=newness).get("published_at")
        told = [r["podcast"] for r in own if "podcast" in r]
        same = [podcast for podcast in told if plain(podcast["title"]) == plain(each["title"])]
        for name in ("link", "image"):
            assert each[name] in {None, *(podcast.get(name) for podcast in same)}


def _browse(listing: Listing, asked: Asked) -> None:
    filters = _only(asked, FILTERS)
    passing = listing.passing(asked)
    page = listing.get("/episodes", {**filters, **_only(asked, ("limit",)), **_counting(asked)})
    shown = list(listing.browsed(filters, max(asked["limit"], len(listing.records) // 20)))
    assert page["total"] == len(passing)
    assert page["episodes"] == shown[: asked["limit"]]
    _same(shown, passing)
    assert all(newness(one) >= newness(other) for one, other in pairwise(shown))
    _facets(page, asked, passing)


def _counting(asked: Asked) -> Asked:
    """As an address has it: separated by commas."""
    return {"facets": ",".join(asked["facets"])} if asked.get("facets") else {}


def _podcasts(listing: Listing, asked: Asked) -> None:
    total = listing.get("/podcasts")["total"]
    pages = [
        listing.get("/podcasts", {**asked, "offset": at}) for at in range(0, total, asked["limit"])
    ]
    shown = [podcast for page in pages for podcast in page["podcasts"]]
    whole = listing.get("/podcasts", {"limit": 1000, "sort": asked["sort"]})["podcasts"]
    assert shown == whole
    assert len({plain(podcast["title"]) for podcast in shown}) == total == len(shown)
    if asked["sort"] == "episodes":
        counts = [podcast["episodes"] for podcast in shown]
        assert counts == sorted(counts, reverse=True)
    for podcast in shown[:3]:
        browsed = listing.get("/episodes", {"podcast": podcast["title"]})
        assert browsed["total"] == podcast["episodes"]


def _episode(listing: Listing, asked: Asked) -> None:
    served = listing.served(asked["id"])
    assert listing.get(f"/episodes/{quote(asked['id'], safe='')}") == served
    (written,) = (each for each in listing.corpus.records if str(each["id"]) == served["id"])
    assert served["summary"] == " ".join(written["summary"].split())
    assert served.get("extra") == written.get("extra")


def _search(listing: Listing, asked: Asked) -> None:
    page = listing.post("/search", asked)
    hits = listing.walked({**asked, "facets": ()})
    ungrouped = hits if "group_by" not in asked else listing.walked(_without(asked, "group_by"))
    _pages(listing, asked, page, hits)
    _order(asked, hits)
    expected = _expected(asked, ungrouped)
    is_whole = len(ungrouped) < DEEPEST_HIT  # groups may go on where ungrouped pages end
    assert _ids(hits)[: None if is_whole else len(expected)] == expected
    assert all(passes(hit["episode"], asked) for hit in hits)
    assert all(hit["episode"] == listing.by_id[hit["episode"]["id"]] for hit in hits)
    least = asked.get("min_relevance", 0)
    assert all(hit["relevance"] >= least for hit in hits)
    if len(listing.records) <= DEEPEST_HIT:
        _complete(listing, asked, ungrouped)
        _facets(page, asked, [hit["episode"] for hit in ungrouped])


def _pages(listing: Listing, asked: Asked, page: Any, hits: Sequence[Any]) -> None:
    """Any page is a part of the whole, however it is asked for."""
    start, stop = asked["offset"], asked["offset"] + asked["k"]
    got = listing.get("/search", {**_without(asked, "facets"), **_counting(asked)})
    assert got["hits"] == page["hits"]
    assert len(set(_ids(hits))) == len(hits)
    assert [hit["rank"] for hit in hits] == [*range(1, len(hits) + 1)]
    assert _ids(page["hits"]) == _ids(hits[start:stop])
    for one, other in zip(page["hits"], hits[start:stop], strict=True):
        assert one["rank"] == other["rank"]
        assert one["relevance"] == pytest.approx(other["relevance"], abs=1e-4)


def _expected(asked: Asked, ungrouped: Sequence[Any]) -> list[str]:
    if "group_by" not in asked:
        return _ids(ungrouped)
    return grouped([hit["episode"] for hit in ungrouped], asked.get("per_group", 1))


def _order(asked: Asked, hits: Sequence[Any]) -> None:
    if asked.get("sort") == "date":
        dates = [newness(hit["episode"]) for hit in hits]
        assert dates == sorted(dates, reverse=True)
    else:
        scores = [hit["score"] for hit in hits]
        assert scores == sorted(scores, reverse=True)


def _complete(listing: Listing, asked: Asked, ungrouped: Sequence[Any]) -> None:
    """The hits are those of the question without filters that pass, and are relevant enough."""
    plainly = listing.walked(_only(asked, _OF_HITS))
    unfiltered = listing.walked(_only(asked, ("q", "mode")))
    passing = [hit["episode"] for hit in unfiltered if passes(hit["episode"], asked)]
    _same([hit["episode"] for hit in plainly], passing)
    if asked.get("mode") != "lexical":
        _same(passing, listing.passing(asked))
    least = asked.get("min_relevance", 0)
    relevant = [hit["episode"] for hit in plainly if hit["relevance"] >= least]
    _same([hit["episode"] for hit in ungrouped], relevant)


def _facets(page: Any, asked: Asked, counted: Sequence[Record]) -> None:
    if not asked.get("facets"):
        assert "facets" not in page
        return
    assert [*page["facets"]] == [*asked["facets"]]
    for field, facet in page["facets"].items():
        assert agree(facet, counted, field), (field, facet)


def _similar_to_one(listing: Listing, asked: Asked) -> None:
    answer = listing.get(f"/episodes/{quote(asked['id'], safe='')}/similar", _without(asked, "id"))
    posted = listing.post("/similar", {**_without(asked, "id"), "like": [asked["id"]]})
    assert answer["hits"] == posted["hits"]
    _likeness(listing, asked, answer["hits"], {listing.served(asked["id"])["id"]})


def _similar(listing: Listing, asked: Asked) -> None:
    if {*asked["like"]} & {*asked["unlike"]}:
        listing.post("/similar", asked, status=409)
        return
    hits = listing.post("/similar", asked)["hits"]
    known = {*listing.corpus.ids}
    named = (*asked["like"], *asked["unlike"], *asked["exclude"])
    _likeness(listing, asked, hits, {listing.served(each)["id"] for each in named if each in known})


def _likeness(listing: Listing, asked: Asked, hits: Sequence[Any], barred: set[str]) -> None:
    ids = _ids(hits)
    assert barred.isdisjoint(ids)
    assert len(set(ids)) == len(ids) <= asked["k"]
    assert [hit["rank"] for hit in hits] == [*range(1, len(hits) + 1)]
    assert all(passes(hit["episode"], asked) for hit in hits)
    assert all(hit["episode"] == listing.by_id[hit["episode"]["id"]] for hit in hits)
    if not asked.get("diversity"):
        _order({}, hits)
    _limits(asked, hits)
    left = [each for each in listing.passing(asked) if each["id"] not in barred]
    if len(left) <= _ALL_IN_FIRST_RING and not (asked.get("collapse") or "only" in asked):
        limit = asked.get("per_podcast", len(left) + 1)
        assert len(hits) == min(asked["k"], len(grouped(left, limit)))


def _limits(asked: Asked, hits: Sequence[Any]) -> None:
    if "per_podcast" in asked:
        own = [_own_podcast(hit["episode"]) for hit in hits]
        most = max((own.count(podcast) for podcast in own if podcast), default=0)
        assert most <= asked["per_podcast"]
    if asked.get("collapse"):
        assert not any(hit["duplicate_of"] or hit["same_series"] for hit in hits)
    if asked.get("only") == "same_series":
        assert all(hit["same_series"] for hit in hits)
    if asked.get("only") == "duplicates":
        assert all(hit["duplicate_of"] for hit in hits)


def _own_podcast(record: Record) -> str | None:
    return next(map(plain, podcasts(record)), None)


def _rss(listing: Listing, asked: Asked) -> None:
    feed = ElementTree.fromstring(listing.text("/search.rss", asked))
    ids = [item.text for item in feed.iterfind("./channel/item/guid")]
    question = {"min_relevance": GOOD_MATCH, **asked, "sort": "date"}
    assert ids == _ids(listing.post("/search", question)["hits"])


def _ids(hits: Sequence[Any]) -> list[str]:
    return [hit["episode"]["id"] for hit in hits]


def _same(some: Sequence[Record], others: Sequence[Record]) -> None:
    """Once each, in any order."""
    assert sorted(each["id"] for each in some) == sorted(each["id"] for each in others)


def _only(asked: Asked, names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if name in names}


def _without(asked: Asked, name: str) -> dict[str, Any]:
    return {each: value for each, value in asked.items() if each != name}


_CHECKS: Mapping[str, Callable[[Listing, Asked], None]] = {
    "browse": _browse,
    "podcasts": _podcasts,
    "episode": _episode,
    "search": _search,
    "similar_to_one": _similar_to_one,
    "similar": _similar,
    "rss": _rss,
}
