"""The optional parameters of each call, as the service names them."""

from collections.abc import Sequence
from datetime import date
from typing import Literal, TypedDict


class Filters(TypedDict, total=False):
    podcast: str | Sequence[str]
    person: str | Sequence[str]
    tag: str | Sequence[str]
    language: str | Sequence[str]
    published_after: date | str | None
    published_before: date | str | None
    min_duration_s: float | None
    max_duration_s: float | None
    explicit: bool | None
    has: Literal["chapters", "transcript"] | Sequence[str]
    season: int | Sequence[int]
    episode: int | Sequence[int]


class SearchOptions(Filters, total=False):
    k: int
    offset: int
    mode: Literal["hybrid", "dense", "lexical"]
    min_relevance: float
    facets: Sequence[str]
    sort: Literal["relevance", "date"]
    recency: float
    group_by: Literal["podcast"]
    per_group: int
    understand: bool
    as_words: str | Sequence[str]


class SimilarOptions(Filters, total=False):
    k: int
    per_podcast: int
    diversity: float
    collapse: bool
    only: Literal["same_series", "duplicates"]


class LikeOptions(SimilarOptions, total=False):
    unlike: Sequence[str]
    exclude: Sequence[str]


class BrowseOptions(Filters, total=False):
    limit: int
    facets: Sequence[str]
