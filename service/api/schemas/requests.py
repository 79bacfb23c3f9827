"""Schemas of the requests."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from indexer.index.columns.filters import Filters
from indexer.ranking.ranker import Mode
from service.api.schemas.fields import (
    MODES,
    MOST_EXAMPLES,
    MOST_EXCLUDED,
    MOST_HITS,
    MOST_PODCASTS,
    WHOLE,
    AsWords,
    EpisodeId,
    FacetNames,
    HitCount,
    LikedItem,
    Moment,
    Numbers,
    Offset,
    Parts,
    QuestionInAddress,
    QuestionText,
    Relevance,
    Seconds,
    Understand,
    Values,
)
from service.search.browse import PodcastOrder
from service.search.query import Question
from service.search.result_order import Sort
from service.search.similar import Only, SimilarQuery
from service.search.understanding.operators import operators_of


class FilterFields(BaseModel):
    """Filters: an episode must match every given field, with any one of its values.

    A value must match completely; case and typography are ignored.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    podcast: Annotated[
        Values, Field(description="Ids of podcasts, or titles; two may share one.")
    ] = ()
    person: Annotated[Values, Field(description="Names of hosts or guests.")] = ()
    tag: Annotated[Values, Field(description="Tags or categories.")] = ()
    language: Annotated[Values, Field(description="ISO 639 codes; en also matches en-US.")] = ()
    published_after: Annotated[
        Moment, Field(description="Published at this date or time, or later.")
    ] = None
    published_before: Annotated[
        Moment, Field(description="Published before this date or time.")
    ] = None
    min_duration_s: Annotated[Seconds, Field(description="Shortest duration in seconds.")] = None
    max_duration_s: Annotated[Seconds, Field(description="Longest duration in seconds.")] = None
    explicit: Annotated[
        bool | None,
        Field(description="true: only episodes marked explicit; false: only those that are not."),
    ] = None
    has: Annotated[
        Parts, Field(description="Only episodes that have chapters, or a transcript.")
    ] = ()

    season: Annotated[Numbers, Field(description="Numbers of seasons.")] = ()
    episode: Annotated[Numbers, Field(description="Numbers of episodes.")] = ()

    def filters(self) -> Filters:
        return Filters(**{name: getattr(self, name) for name in FilterFields.model_fields})

    def asked(self, question: str) -> tuple[str, Filters]:
        """The words of a question to search for, and all filters, with those of its operators."""
        text, phrases, without = operators_of(question)
        filters = self.filters()
        if phrases or without:
            filters = replace(filters, phrases=phrases, without=without)
        return text, filters


class SearchRequest(FilterFields):
    q: QuestionText
    k: HitCount = 10
    offset: Offset = 0
    mode: Annotated[Mode, Field(description=MODES)] = "hybrid"
    min_relevance: Relevance = 0
    facets: FacetNames = ()
    sort: Annotated[
        Sort, Field(description="Order of the hits: best first, or the same hits newest first.")
    ] = "relevance"
    recency: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of its score that a hit loses with age: half of this in the first "
            "year, a quarter of this in the second, and so on.",
        ),
    ] = 0
    group_by: Annotated[
        Literal["podcast"] | None,
        Field(description="Return at most per_group hits of each podcast."),
    ] = None
    understand: Understand = True
    as_words: AsWords = ()
    per_group: Annotated[
        int, Field(ge=1, le=MOST_HITS, description="The limit for group_by."), WHOLE
    ] = 1

    def question(self) -> Question:
        text, filters = self.asked(self.q)
        return Question(
            text=text,
            k=self.k,
            offset=self.offset,
            mode=self.mode,
            min_relevance=self.min_relevance,
            filters=filters,
            sort=self.sort,
            recency=self.recency,
            per_podcast=self.per_group if self.group_by else None,
            facets=self.facets,
            understand=self.understand,
            as_words=self.as_words,
        )


class SearchParameters(SearchRequest):
    """A question in a query string."""

    q: QuestionInAddress


class MomentsRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    q: QuestionInAddress
    k: HitCount = 10


class SimilarRequest(FilterFields):
    k: HitCount = 10
    per_podcast: Annotated[
        int | None,
        Field(ge=1, le=MOST_HITS, description="Return at most this many hits of one podcast."),
        WHOLE,
    ] = None
    diversity: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="0 ranks by similarity alone; higher values prefer hits that differ from "
            "the hits before them.",
        ),
    ] = 0
    collapse: Annotated[
        bool, Field(description="Omit duplicates and further parts of a series.")
    ] = False
    only: Annotated[
        Only | None,
        Field(description="Return only other parts of the liked series, or only duplicates."),
    ] = None

    def similar_query(self, like: tuple[str, ...]) -> SimilarQuery:
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
            description="Episode ids or texts; an item that is no episode's id is a text.",
        ),
    ]
    unlike: Annotated[
        list[LikedItem],
        Field(max_length=MOST_EXAMPLES, description="Episode ids or texts to be dissimilar to."),
    ] = []
    exclude: Annotated[
        list[EpisodeId], Field(max_length=MOST_EXCLUDED, description="Ids of episodes to omit.")
    ] = []

    @property
    def contradictions(self) -> list[str]:
        """The items that are both in like and in unlike."""
        return sorted({*self.like} & {*self.unlike})

    def like_query(self) -> SimilarQuery:
        query = self.similar_query(tuple(self.like))
        return replace(query, unlike=tuple(self.unlike), exclude=tuple(self.exclude))


class RssRequest(FilterFields):
    q: QuestionInAddress
    k: HitCount = 50
    min_relevance: Relevance | None = None  # that of a good match
    understand: Understand = True
    as_words: AsWords = ()

    def question(self, good_match: float) -> Question:
        text, filters = self.asked(self.q)
        return Question(
            text=text,
            k=self.k,
            min_relevance=good_match if self.min_relevance is None else self.min_relevance,
            filters=filters,
            sort="date",
            understand=self.understand,
            as_words=self.as_words,
        )


class BrowseRequest(FilterFields):
    limit: Annotated[int, Field(ge=1, le=MOST_HITS, description="Episodes to return.")] = 10
    cursor: Annotated[
        str | None, Field(description="The value of next in the answer of the page before.")
    ] = None
    facets: FacetNames = ()


class PodcastsRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sort: Annotated[
        PodcastOrder, Field(description="By title, or by number of episodes, largest first.")
    ] = "title"
    limit: Annotated[int, Field(ge=1, le=MOST_PODCASTS, description="Podcasts to return.")] = 100
    offset: Annotated[int, Field(ge=0, description="Podcasts to skip.")] = 0
