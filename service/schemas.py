"""The JSON shapes."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from indexer.filters import Filters, moment_of
from service.arrangement import Sort
from service.catalogue import PodcastOrder
from service.retriever import Mode, Question
from service.similar import Likeness, Only

MOST_QUESTION_CHARACTERS = 20_000
MOST_CHARACTERS_IN_ADDRESS = 4_000  # 48 kB when each is escaped; servers take 64 of an address
MOST_HITS = 100
DEEPEST_OFFSET = 1000
MOST_EXAMPLES = 20
MOST_EXCLUDED = 1000
MOST_PODCASTS = 1000
MOST_VALUES = 100
MOST_VALUE_CHARACTERS = 1000

MODES = "Both sides fused, meaning alone, or words alone."

_ASKED = Field(
    min_length=1,
    description="The question, in your own words.",
    examples=["Who kept MySpace running before the cloud?"],
    json_schema_extra={"pattern": r"\S"},  # described here, refused in better words by the route
)
QuestionText = Annotated[str, _ASKED, Field(max_length=MOST_QUESTION_CHARACTERS)]
QuestionInAddress = Annotated[str, _ASKED, Field(max_length=MOST_CHARACTERS_IN_ADDRESS)]


def _as_whole(value: object) -> object:
    """1.0 is an integer to JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_as_whole)  # after the bounds, or the description of the API loses them
HitCount = Annotated[int, Field(ge=1, le=MOST_HITS, description="How many hits to return."), WHOLE]
Offset = Annotated[
    int, Field(ge=0, le=DEEPEST_OFFSET, description="How many hits to pass over."), WHOLE
]
LikedItem = Annotated[str, Field(max_length=MOST_QUESTION_CHARACTERS, pattern=r"\S")]
EpisodeId = Annotated[str, Field(max_length=MOST_QUESTION_CHARACTERS)]

Relevance = Annotated[
    float, Field(ge=0, le=1, description="Leave out hits less likely to answer than this.")
]


def _moment(value: object) -> object:
    try:
        return moment_of(value) if isinstance(value, str) else value
    except ValueError:
        raise PydanticCustomError(
            "moment",
            "{given} is no date; write it as 2026-01-31 or 2026-01-31T08:00:00Z",
            {"given": repr(str(value)[:40])},
        ) from None


def _several(value: object) -> object:
    values = [value] if isinstance(value, str) else value
    return tuple(values) if isinstance(values, list) else values


def _listed(value: object) -> object:
    """Separated by commas as well."""
    texts = _several(value)
    if not isinstance(texts, tuple) or not all(isinstance(text, str) for text in texts):
        return texts
    return tuple(name.strip() for text in texts for name in text.split(","))


Value = Annotated[str, Field(max_length=MOST_VALUE_CHARACTERS)]
_Values = Annotated[tuple[Value, ...], Field(max_length=MOST_VALUES)]
Values = Annotated[_Values, BeforeValidator(_several, json_schema_input_type=Value | _Values)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Seconds = Annotated[float | None, Field(ge=0, allow_inf_nan=False)]
Facet = Literal["podcast", "year", "person", "tag", "language"]
FacetNames = Annotated[
    tuple[Facet, ...],
    BeforeValidator(_listed, json_schema_input_type=Facet | tuple[Facet, ...]),
    Field(description="What to count the hits by, separated by commas; see facets in the answer."),
]


class FilterFields(BaseModel):
    """Of several values of one field any will do; all fields that are given must hold.

    Values match whole, whatever their case and typography; one that no episode has matches none.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    podcast: Annotated[Values, Field(description="Titles of podcasts.")] = ()
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
    """In an address."""

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

    def likeness(self, like: tuple[str, ...]) -> Likeness:
        return Likeness(
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

    def refined(self) -> Likeness:
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


class PodcastBody(BaseModel):
    """What an episode is of; what else the corpus says of it is passed through."""

    model_config = ConfigDict(extra="allow")

    title: str
    link: str | None = None
    feed_url: str | None = None
    image: str | None = None
    author: str | None = None
    guid: str | None = None
    language: str | None = None


class AppearanceBody(BaseModel):
    """Another place of the same episode: in a second feed, or published again."""

    id: str
    podcast: Annotated[str | None, Field(description="Its title.")] = None
    guid: str | None = None
    link: str | None = None
    audio_url: str | None = None


class EpisodeBody(BaseModel):
    """An episode; fields of the corpus that have no name here are passed through as they are."""

    model_config = ConfigDict(extra="allow")

    id: str
    summary: str
    title: str | None = None
    podcast: PodcastBody | None = None
    published_at: Annotated[str | None, Field(description="ISO 8601, UTC")] = None
    link: Annotated[str | None, Field(description="Its own page.")] = None
    guid: str | None = None
    author: str | None = None
    audio_url: str | None = None
    image: str | None = None
    season: int | None = None
    episode: Annotated[int | None, Field(description="Its number.")] = None
    episode_type: Literal["full", "trailer", "bonus"] | None = None
    explicit: bool | None = None
    transcript_url: str | None = None
    chapters_url: str | None = None
    hosts: list[str] = []
    guests: list[str] = []
    tags: list[str] = []
    categories: list[str] = []
    language: str | None = None
    duration_s: float | None = None
    also_in: list[AppearanceBody] = []


class ScoresBody(BaseModel):
    """What each side measured."""

    dense: Annotated[float, Field(description="Cosine of question and summary.")]
    reranker: Annotated[
        float | None, Field(description="What a cross-encoder thinks, where one was built in.")
    ] = None
    evidence: Annotated[float, Field(description="Cosine of question and best clause.")]
    lexical: Annotated[
        float, Field(description="BM25 over the most the question's words could score; 0 for none.")
    ]


class HighlightBody(BaseModel):
    """The sentence that says why; places are counted in characters of the summary."""

    text: str
    start: int
    end: int
    matches: Annotated[
        list[tuple[int, int]], Field(description="Where words of the question stand.")
    ]


class HitBody(BaseModel):
    rank: Annotated[int, Field(description="From 1, over all pages.")]
    score: Annotated[float, Field(description="Higher is better; comparable within an answer.")]
    relevance: Annotated[float, Field(description="Probability that this answers the question.")]
    scores: ScoresBody
    highlight: HighlightBody | None
    episode: EpisodeBody


class FacetBody(BaseModel):
    value: str
    count: int


Facets = Annotated[
    dict[str, list[FacetBody]] | None,
    Field(
        description="Where asked for, how many have each value, the most frequent 100 first. Of a "
        "question they are counted over all hits that paging through its answer would show: "
        "those that pass the filters and min_relevance among the 1,200 nearest by meaning and "
        "the 1,200 best by word. Without a question, over all that pass the filters."
    ),
]


class SearchResponse(BaseModel):
    query: str
    answered: Annotated[
        bool, Field(description="Whether anything here answers that; if not, these are nearest.")
    ]
    snapshot: str
    took_ms: float
    facets: Facets = None
    hits: list[HitBody]


class EpisodesResponse(BaseModel):
    snapshot: str
    total: Annotated[int, Field(description="How many pass the filters.")]
    next: Annotated[str | None, Field(description="The cursor of the next page; null at the end.")]
    facets: Facets = None
    episodes: list[EpisodeBody]


class ListedPodcast(BaseModel):
    title: str
    episodes: int
    latest: Annotated[str | None, Field(description="When the newest was published.")]
    link: str | None
    image: str | None


class PodcastsResponse(BaseModel):
    snapshot: str
    total: int
    podcasts: list[ListedPodcast]


class BecauseBody(BaseModel):
    """The two sentences that match best."""

    liked: Annotated[str, Field(description="Of what is liked.")]
    this: Annotated[str, Field(description="Of this episode; its highlight says where.")]


class SimilarHitBody(HitBody):
    because: BecauseBody | None
    same_series: Annotated[bool, Field(description="Another part of a story that is liked.")]
    duplicate_of: Annotated[
        str | None, Field(description="The liked episode, or the hit before, that this repeats.")
    ]


class SimilarResponse(BaseModel):
    episode: Annotated[str, Field(description="The id of the episode that others were compared to")]
    snapshot: str
    took_ms: float
    hits: list[SimilarHitBody]


class LikeResponse(BaseModel):
    like: list[str]
    unlike: list[str]
    snapshot: str
    took_ms: float
    hits: list[SimilarHitBody]


class ClusterBody(BaseModel):
    name: Annotated[str, Field(description="Its most distinctive words.")]
    x: int
    y: int
    size: int


class MapBody(BaseModel):
    """Columns of one length, one place for each episode; coordinates are 0 to 65535."""

    snapshot: str
    ids: list[str]
    titles: list[str]
    x: list[int]
    y: list[int]
    cluster: Annotated[list[int], Field(description="A place in clusters.")]
    clusters: list[ClusterBody]
    placed: Annotated[
        int, Field(description="How many were put among others since all were drawn.")
    ]


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    status: Literal["ready"] = "ready"
    snapshot: str
    problem: Annotated[
        str | None, Field(description="Why a newer snapshot was refused, if one was.")
    ] = None


class SnapshotBody(BaseModel):
    """The manifest's public part."""

    snapshot_id: str
    format_version: int
    fingerprint: str
    built_at: str
    corpus: dict[str, Any]
    encoder: dict[str, Any]
    reranker: dict[str, Any] | None
    index: dict[str, Any]
    versions: dict[str, str]


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: Annotated[str, Field(description="One sentence that says what to change.")]
