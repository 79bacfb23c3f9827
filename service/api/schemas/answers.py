"""Shapes of answers."""

from typing import Annotated

from pydantic import BaseModel, Field

from service.api.schemas.episodes import EpisodeBody


class ScoresBody(BaseModel):
    """Scores by side."""

    dense: Annotated[float, Field(description="Cosine of question and summary.")]
    reranker: Annotated[
        float | None, Field(description="What a cross-encoder thinks, where one was built in.")
    ] = None
    evidence: Annotated[float, Field(description="Cosine of question and best clause.")]
    lexical: Annotated[
        float, Field(description="BM25 over the most the question's words could score; 0 for none.")
    ]


class HighlightBody(BaseModel):
    """The sentence that says why; positions are characters of the summary."""

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
    id: Annotated[str | None, Field(description="Of a podcast; its value is its title.")] = None


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
    id: Annotated[str, Field(description="For podcast=; the title where nothing else is known.")]
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
    """Columns with a value for each episode; coordinates are 0 to 65535."""

    snapshot: str
    ids: list[str]
    titles: list[str]
    x: list[int]
    y: list[int]
    cluster: Annotated[list[int], Field(description="An index into clusters.")]
    clusters: list[ClusterBody]
    placed: Annotated[
        int, Field(description="How many were put among others since all were drawn.")
    ]
