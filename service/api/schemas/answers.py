"""Schemas of the answers."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from service.api.schemas.episodes import EpisodeBody


class ScoresBody(BaseModel):
    """The scores that the ranking combines."""

    dense: Annotated[
        float, Field(description="Cosine of the question and the best passage of the summary.")
    ]
    reranker: Annotated[
        float | None,
        Field(description="Probability from the cross-encoder, if the snapshot has one."),
    ] = None
    evidence: Annotated[
        float, Field(description="Cosine of the question and the best clause of the summary.")
    ]
    lexical: Annotated[
        float,
        Field(
            description="BM25 score as a share of the highest that the question's words could "
            "reach; 0 if the episode has none of them."
        ),
    ]


class HighlightBody(BaseModel):
    """The sentence of the summary that matches best; positions count characters of the summary."""

    text: str
    start: int
    end: Annotated[int, Field(description="The position after the last character.")]
    matches: Annotated[
        list[tuple[int, int]],
        Field(description="Start and end of each word that matches a word of the question."),
    ]
    start_s: Annotated[
        float | None, Field(description="When its chapter begins, if the notes tell that.")
    ] = None


class MomentBody(BaseModel):
    """What is said at a second of the episode; positions of matches count characters of text."""

    start_s: Annotated[float, Field(description="Seconds from the beginning.")]
    end_s: Annotated[float | None, Field(description="Absent where it is not known.")] = None
    text: str
    source: Annotated[
        Literal["notes", "chapter", "transcript"], Field(description="Where it is written.")
    ]
    speaker: str | None = None
    approximate: Annotated[
        bool, Field(description="The audio has another length than its transcript.")
    ] = False
    score: Annotated[float, Field(description="Higher is better, within one episode.")]
    matches: Annotated[
        list[tuple[int, int]],
        Field(description="Start and end of each word that matches a word of the question."),
    ]


class HitBody(BaseModel):
    rank: Annotated[int, Field(description="Counted from 1 on the first page.")]
    score: Annotated[
        float, Field(description="Higher is better; comparable only within one answer.")
    ]
    relevance: Annotated[
        float,
        Field(
            description="Probability that this episode answers the question; never more than "
            "that of a hit that ranks higher."
        ),
    ]
    scores: ScoresBody
    highlight: HighlightBody | None
    moments: Annotated[
        list[MomentBody],
        Field(description="Where this is talked about: the best three of the episode's times."),
    ] = []
    episode: EpisodeBody


class FacetBody(BaseModel):
    value: str
    count: int
    id: Annotated[
        str | None, Field(description="The id of a podcast, whose value is its title.")
    ] = None


Facets = Annotated[
    dict[str, list[FacetBody]] | None,
    Field(
        description="Only if requested: the number of episodes with each value, the 100 most "
        "frequent values first. With a question, the hits of all pages are counted: those that "
        "pass the filters and min_relevance among the 1,200 nearest by meaning and the 1,200 best "
        "by words. Without a question, all episodes that pass the filters are counted."
    ),
]


class UnderstoodBody(BaseModel):
    """A part of the question that says which episodes are meant."""

    text: Annotated[str, Field(description="The words of the question; see as_words.")]
    filter: Annotated[
        dict[str, Any], Field(description="What they mean, by the names of parameters.")
    ]
    applied: Annotated[
        Literal["filter", "weight", "none"],
        Field(
            description="filter: only these episodes are searched; weight: these come a little "
            "higher, since the words may mean something else; none: no episode passes, or the "
            "request has another value."
        ),
    ]


class MeantBody(BaseModel):
    query: Annotated[str, Field(description="The question as it is probably meant.")]
    answered: bool
    hits: Sequence[HitBody]


class SearchResponse(BaseModel):
    query: str
    understood: Annotated[
        list[UnderstoodBody], Field(description="The constraints that the question states.")
    ] = []
    answered: Annotated[
        bool,
        Field(
            description="Whether the first hit is a good match; if false, no hit is, and they are "
            "the nearest."
        ),
    ]
    good_match: Annotated[
        float, Field(description="The relevance from which a hit is a good match.")
    ]
    snapshot: str
    took_ms: Annotated[float, Field(description="Milliseconds spent answering.")]
    facets: Facets = None
    did_you_mean: Annotated[
        MeantBody | None,
        Field(
            description="Only where a word of the question is in no episode and a near one is: "
            "the answer to that question; `hits` answer the question as it is written."
        ),
    ] = None
    hits: Sequence[HitBody]


class MomentsResponse(BaseModel):
    episode: Annotated[str, Field(description="Its id.")]
    query: str
    snapshot: str
    moments: list[MomentBody]


class PassageBody(BaseModel):
    start_s: float
    end_s: float
    text: str
    speaker: str | None = None


class TranscriptResponse(BaseModel):
    episode: Annotated[str, Field(description="Its id.")]
    snapshot: str
    passages: Annotated[
        list[PassageBody],
        Field(description="Without adverts and the podcast's own formulas."),
    ]


class EpisodesResponse(BaseModel):
    snapshot: str
    total: Annotated[int, Field(description="Number of episodes that pass the filters.")]
    next: Annotated[
        str | None, Field(description="The cursor of the next page; null on the last page.")
    ]
    facets: Facets = None
    episodes: list[EpisodeBody]


class ListedPodcast(BaseModel):
    id: Annotated[
        str, Field(description="A value for the filter podcast; the title if it has no other.")
    ]
    title: str
    episodes: int
    latest: Annotated[str | None, Field(description="When its newest episode was published.")]
    link: str | None
    image: str | None


class PodcastsResponse(BaseModel):
    snapshot: str
    total: int
    podcasts: list[ListedPodcast]


class BecauseBody(BaseModel):
    """The pair of sentences that match best."""

    liked: Annotated[str, Field(description="The sentence of the liked episode or text.")]
    this: Annotated[
        str, Field(description="The sentence of this episode; highlight has its position.")
    ]


class SimilarHitBody(HitBody):
    because: BecauseBody | None
    same_series: Annotated[
        bool, Field(description="Whether it is another part of a liked episode's series.")
    ]
    duplicate_of: Annotated[
        str | None,
        Field(description="The id of the liked episode or earlier hit that this one repeats."),
    ]


class SimilarResponse(BaseModel):
    episode: Annotated[
        str, Field(description="The id of the episode that the hits are compared with.")
    ]
    snapshot: str
    took_ms: float
    hits: Sequence[SimilarHitBody]


class LikeResponse(BaseModel):
    like: list[str]
    unlike: list[str]
    snapshot: str
    took_ms: float
    hits: Sequence[SimilarHitBody]


class ClusterBody(BaseModel):
    name: Annotated[str, Field(description="Its most distinctive phrases.")]
    x: int
    y: int
    size: Annotated[int, Field(description="Number of its episodes.")]


class MapBody(BaseModel):
    """Lists with one value for each episode; coordinates are from 0 to 65535."""

    snapshot: str
    ids: list[str]
    titles: list[str]
    x: list[int]
    y: list[int]
    cluster: Annotated[list[int], Field(description="Position of its cluster in clusters.")]
    clusters: list[ClusterBody]
    placed: Annotated[
        int, Field(description="Number of episodes added since the layout was computed.")
    ]
