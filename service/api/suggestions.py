"""Names the parameter that was probably meant by one that does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches

_MAX_CHARACTERS = 64  # of a name that is compared

# What other search services call these parameters.
_ELSEWHERE = {
    "q": ("query", "question", "search", "text", "term", "s"),
    "k": ("limit", "size", "count", "top_k", "topk", "n", "per_page", "page_size", "max"),
    "limit": ("k", "size", "count", "n", "per_page", "page_size", "max"),
    "offset": ("page", "start", "from", "skip"),
    "cursor": ("page", "after", "next", "token"),
    "like": ("ids", "positive", "id", "texts"),
    "unlike": ("negative", "dislike", "not_like"),
    "published_after": ("after", "since", "from", "date_from", "start_date"),
    "published_before": ("before", "until", "to", "date_to", "end_date"),
    "person": ("host", "guest", "author", "people"),
    "podcast": ("show", "feed", "series"),
    "tag": ("category", "genre", "topic"),
    "language": ("lang", "locale"),
    "min_duration_s": ("min_duration", "longer_than", "duration_min"),
    "max_duration_s": ("max_duration", "shorter_than", "duration_max"),
    "min_relevance": ("min_score", "threshold", "score_threshold"),
    "season": ("season_number",),
    "episode": ("episode_number", "ep"),
    "sort": ("order", "order_by", "sort_by"),
}


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` is a synonym or a misspelling of; None if there is none."""
    candidates = [*known]
    lower = name[:_MAX_CHARACTERS].lower().replace("-", "_")
    synonyms = (each for each in candidates if lower in _ELSEWHERE.get(each, ()))
    close = get_close_matches(lower, candidates, n=1)
    return next(synonyms, None) or next(iter(close), None)
