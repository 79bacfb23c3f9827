"""Schemas of the requests and answers."""

from service.api.schemas.answers import (
    EpisodesResponse,
    LikeResponse,
    MapBody,
    PodcastsResponse,
    SearchResponse,
    SimilarResponse,
)
from service.api.schemas.episodes import EpisodeBody
from service.api.schemas.operations import Health, Problem, Readiness, SnapshotBody
from service.api.schemas.requests import (
    BrowseRequest,
    LikeRequest,
    PodcastsRequest,
    RssRequest,
    SearchParameters,
    SearchRequest,
    SimilarRequest,
)

__all__ = [
    "BrowseRequest",
    "EpisodeBody",
    "EpisodesResponse",
    "Health",
    "LikeRequest",
    "LikeResponse",
    "MapBody",
    "PodcastsRequest",
    "PodcastsResponse",
    "Problem",
    "Readiness",
    "RssRequest",
    "SearchParameters",
    "SearchRequest",
    "SearchResponse",
    "SimilarRequest",
    "SimilarResponse",
    "SnapshotBody",
]
