"""Shapes of requests."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from indexer.index.columns.filters import Filters
from service.api.schemas.fields import (
    MODES,
    MOST_EXAMPLES,
    MOST_EXCLUDED,
    MOST_HITS,
    MOST_PODCASTS,
    WHOLE,
    EpisodeId,
    FacetNames,
    HitCount,
    LikedItem,
    Moment,
    Offset,
    QuestionInAddress,
    QuestionText,
    Relevance,
    Seconds,
    Values,
)
from service.search.browse import PodcastOrder
from service.search.result_order import Sort
from service.search.retriever import Mode, Question
from service.search.similar import Only, SimilarQuery


class FilterFields(BaseModel):
    """Of several values of one field any will do; all fields that are given must hold.

    Values match whole, whatever their case and typography; one that no episode has matches none.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    podcast: Annotated[
        Values, Field(description="Ids of podcasts, or titles; two may share one.")
    ] = ()
    person: Annotated[Values, Field(description="Hosts or guests.")] = ()
    tag: Annotated[Values, Field(description="Tags or categories.")] = ()
    language: Annotated[Values, Field(description="Languages: en is en-US too.")] = ()
    published_after: Annotated[Moment, Field(description="At this date or moment, or later.")] = (
        None
    )
    published_before: Annotated[Moment, Field(description="Before this date or moment.")] = None
    min_duration_s: Annotated[Seconds, Field(description="Of this many seconds, or more.")] = None
    max_duration_s: Annotated[Seconds, Field(description="Of this many seconds, or fewer.")] = None
    explicit: Annotated[
        bool | None, Field(description="Marked explicit; or false, not marked so.")
    ] = None

    def filters(self) -> Filters:
        return Filters(**{name: getattr(self, name) for name in FilterFields.model_fields})


class SearchRequest(FilterFields):
    q: QuestionText
    k: HitCount = 10
    offset: Offset = 0
    mode: Annotated[Mode, Field(description=MODES)] = "hybrid"
    min_relevance: Relevance = 0
    facets: FacetNames = ()
    sort: Annotated[
        Sort, Field(description="The best first, or of the same hits the newest first.")
    ] = "relevance"
    recency: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="How much of its score a hit loses with age: half of this share in the "
            "first year, a quarter in the second, and so on.",
        ),
    ] = 0
    group_by: Annotated[
        Literal["podcast"] | None, Field(description="Show no more than per_group of each.")
    ] = None
    per_group: Annotated[int, Field(ge=1, le=MOST_HITS), WHOLE] = 1

    def question(self) -> Question:
        return Question(
            text=self.q,
            k=self.k,
            offset=self.offset,
            mode=self.mode,
            min_relevance=self.min_relevance,
            filters=self.filters(),
            sort=self.sort,
            recency=self.recency,
            per_podcast=self.per_group if self.group_by else None,
            facets=self.facets,
        )


class SearchParameters(SearchRequest):
    """A question in a query string."""

    q: QuestionInAddress


class SimilarRequest(FilterFields):
    k: HitCount = 10
    per_podcast: Annotated[
        int | None, Field(ge=1, le=MOST_HITS, description="At most so many of one podcast."), WHOLE
    ] = None
    diversity: Annotated[
        float, Field(ge=0, le=1, description="More: each hit the more unlike those before it.")
    ] = 0
    collapse: Annotated[
        bool, Field(description="Each story once: no duplicate, no second part of a series.")
    ] = False
    only: Annotated[
        Only | None, Field(description="The other parts of what is liked, or its duplicates.")
    ] = None

    def likeness(self, like: tuple[str, ...]) -> SimilarQuery:
        return SimilarQuery(
            like,
            k=self.k,
            per_podcast=self.per_podcast,
            diversity=self.diversity,
            collapse=self.collapse,
            only=self.only,
            filters=self.filters(),
        )


class LikeRequest(SimilarRequest):
    like: Annotated[
        list[LikedItem],
        Field(
            min_length=1,
            max_length=MOST_EXAMPLES,
            description="Ids of episodes; what no episode has as its id is a text.",
        ),
    ]
    unlike: Annotated[
        list[LikedItem],
        Field(max_length=MOST_EXAMPLES, description="The same, of what there should be less."),
    ] = []
    exclude: Annotated[
        list[EpisodeId], Field(max_length=MOST_EXCLUDED, description="Ids to leave out.")
    ] = []

    @property
    def of_both_sides(self) -> list[str]:
        return sorted({*self.like} & {*self.unlike})

    def refined(self) -> SimilarQuery:
        likeness = self.likeness(tuple(self.like))
        return replace(likeness, unlike=tuple(self.unlike), exclude=tuple(self.exclude))


class RssRequest(FilterFields):
    q: QuestionInAddress
    k: HitCount = 50
    min_relevance: Relevance = 0.5  # more likely than not

    def question(self) -> Question:
        return Question(
            text=self.q,
            k=self.k,
            min_relevance=self.min_relevance,
            filters=self.filters(),
            sort="date",
        )


class BrowseRequest(FilterFields):
    limit: Annotated[int, Field(ge=1, le=MOST_HITS, description="How many to return.")] = 10
    cursor: Annotated[str | None, Field(description="What the last page gave as next.")] = None
    facets: FacetNames = ()


class PodcastsRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sort: Annotated[
        PodcastOrder, Field(description="By title, or by number of episodes, the most first.")
    ] = "title"
    limit: Annotated[int, Field(ge=1, le=MOST_PODCASTS)] = 100
    offset: Annotated[int, Field(ge=0)] = 0
