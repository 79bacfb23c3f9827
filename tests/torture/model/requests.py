"""Legal requests of a corpus: with names that it has, names that it has not, and any limit."""

from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.fakes import WORDS
from tests.torture.model.corpora import DATES, LANGUAGES, PERSONS, PODCASTS, TAGS, Corpus

FACETS = ("podcast", "year", "person", "tag", "language")
_ODD = (
    "the",
    "what is",
    "\x00",
    "¿?",
    "東京 🎷",
    "Rome, part 3",
    "ka\u00adfka",
    "MARY",
    "a" * 3000,
)


class Request(NamedTuple):
    of: str  # the check that it is put to
    asked: dict[str, Any]


def _names(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from((*values, "nobody", "")), min_size=1, max_size=3)


_FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "podcast": _names(PODCASTS),
    "person": _names(PERSONS),
    "tag": _names(TAGS),
    "language": _names(LANGUAGES),
    "published_after": st.sampled_from(DATES),
    "published_before": st.sampled_from((*DATES, "2020-06-15")),
    "min_duration_s": st.sampled_from((0.0, 59.5, 60.0, 16_777_216.0)),
    "max_duration_s": st.sampled_from((0.0, 59.5, 3600.0, 16_777_217.0, 1e300)),
    "explicit": st.booleans(),
    "season": st.lists(st.sampled_from((0, 1, 2, 3)), min_size=1, max_size=2),
    "episode": st.lists(st.integers(0, 9), min_size=1, max_size=2),
}
_SOME_FILTERS = st.one_of(
    st.just({}),
    st.fixed_dictionaries({}, optional=dict(list(_FILTERS.items())[:4])),
    st.fixed_dictionaries({}, optional=_FILTERS),
)
_TEXTS = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), st.sampled_from(_ODD)
)
_LIMITS = st.sampled_from((1, 2, 3, 10, 100))
_SOME_FACETS = st.lists(st.sampled_from(FACETS), unique=True, max_size=5)
_SEARCH = st.fixed_dictionaries(
    {"q": _TEXTS, "k": _LIMITS, "offset": st.sampled_from((0, 1, 5, 97, 1000))},
    optional={
        "mode": st.sampled_from(("hybrid", "dense", "lexical")),
        "min_relevance": st.sampled_from((0.0, 0.05, 0.3, 0.5, 0.9, 1.0)),
        "facets": _SOME_FACETS,
        "sort": st.sampled_from(("relevance", "date")),
        "recency": st.sampled_from((0.0, 0.5, 1.0)),
        "group_by": st.just("podcast"),
        "per_group": st.sampled_from((1, 2, 100)),
    },
)
_NARROWED = {
    "per_podcast": st.sampled_from((1, 2, 100)),
    "diversity": st.sampled_from((0.0, 0.3, 1.0)),
    "collapse": st.booleans(),
    "only": st.sampled_from(("same_series", "duplicates")),
}


def requests(corpus: Corpus) -> st.SearchStrategy[Request]:
    ids = st.sampled_from(corpus.ids)
    some = st.lists(ids, max_size=3)
    likes = st.lists(st.one_of(ids, _TEXTS), min_size=1, max_size=4)
    many = {"like": likes, "unlike": some, "exclude": some, "k": _LIMITS}
    return st.one_of(
        _with_filters(_SEARCH).map(lambda asked: Request("search", asked)),
        _with_filters(st.fixed_dictionaries({"id": ids, "k": _LIMITS}, optional=_NARROWED)).map(
            lambda asked: Request("similar_to_one", asked)
        ),
        _with_filters(st.fixed_dictionaries(many, optional=_NARROWED)).map(
            lambda asked: Request("similar", asked)
        ),
        _with_filters(st.fixed_dictionaries({"limit": _LIMITS, "facets": _SOME_FACETS})).map(
            lambda asked: Request("browse", asked)
        ),
        _with_filters(
            st.fixed_dictionaries(
                {"q": _TEXTS, "k": _LIMITS}, optional={"min_relevance": st.sampled_from((0.0, 0.9))}
            )
        ).map(lambda asked: Request("rss", asked)),
        st.fixed_dictionaries(
            {"limit": _LIMITS, "sort": st.sampled_from(("title", "episodes"))}
        ).map(lambda asked: Request("podcasts", asked)),
        ids.map(lambda episode_id: Request("episode", {"id": episode_id})),
    )


def _with_filters(asked: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(asked, _SOME_FILTERS).map(lambda parts: parts[0] | parts[1])
