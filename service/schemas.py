"""The JSON shapes."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.retriever import Mode

MOST_QUESTION_CHARACTERS = 20_000
MOST_HITS = 100
DEEPEST_OFFSET = 1000

MODES = "Both sides fused, meaning alone, or words alone."

QuestionText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MOST_QUESTION_CHARACTERS,
        description="The question, in your own words.",
        examples=["Who kept MySpace running before the cloud?"],
    ),
]
HitCount = Annotated[int, Field(ge=1, le=MOST_HITS, description="How many hits to return.")]
Offset = Annotated[int, Field(ge=0, le=DEEPEST_OFFSET, description="How many hits to pass over.")]

Relevance = Annotated[
    float, Field(ge=0, le=1, description="Leave out hits less likely to answer than this.")
]


class SearchRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    q: QuestionText
    k: HitCount = 10
    offset: Offset = 0
    mode: Annotated[Mode, Field(description=MODES)] = "hybrid"
    min_relevance: Relevance = 0


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


class SearchResponse(BaseModel):
    query: str
    answered: Annotated[
        bool, Field(description="Whether anything here answers that; if not, these are nearest.")
    ]
    snapshot: str
    took_ms: float
    hits: list[HitBody]


class SimilarResponse(BaseModel):
    episode: Annotated[str, Field(description="The id of the episode that others were compared to")]
    snapshot: str
    took_ms: float
    hits: list[HitBody]


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
