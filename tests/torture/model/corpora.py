"""Legal corpora: a few episodes are drawn, and many may be made of each.

So a corpus of more episodes than a page, a search or a deeper search reaches is as small to draw
and to shrink as any other.
"""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.fakes import WORDS

Fields = dict[str, Any]

PODCASTS = ("Sounds", "SOUNDS", "São Paulo, live", "Rock ‘n’ Roll", "Moon: a show")
PERSONS = ("Mary O'Neil", "MARY O’NEIL", "Åsa", "A\u030asa", "Ken, Jr.", "Straße", "STRASSE")
TAGS = ("live", "Live", "real-time", "real\u2011time", "50% & more", "a+b", "c#", "a,b")
LANGUAGES = ("en", "en-US", "EN_gb", "de", "pt-BR")
DATES = (
    "2020-01-05",
    "2020-01-05T12:00:00Z",
    "2020-01-01T00:30:00+02:00",
    "2019-12-31T23:59:59.5Z",
    "1969-12-31",
    "0001-01-01",
    "9999-12-31",
)
DURATIONS = (0, 59.5, 3600, "1:02:03", 16_777_217)
_IDS = ("a/b c?#é", "100% of", "7", "same as q", "made-up-1", "x" * 512)
_LONG_EVERY = 10  # of a template's episodes
_LONG = 200  # words: a text of two passages
_TIMES = (1, 1, 1, 1, 1, 1, 1, 15, 15, 230)


@dataclass(frozen=True)
class Corpus:
    records: list[Fields]
    merged: dict[str, str]  # the id of a copy, and that of the episode it is a copy of

    @property
    def ids(self) -> list[str]:
        return [str(record["id"]) for record in self.records]


def _some(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=3)


def _podcasts() -> st.SearchStrategy[str | Fields]:
    titles = st.sampled_from(PODCASTS)
    described = st.fixed_dictionaries(
        {"title": titles},
        optional={
            "link": st.just("https://sounds.example/"),
            "image": st.just("https://sounds.example/a.png"),
            "author": st.just("Ann"),
            "mood": st.just({"loud": True}),
        },
    )
    return st.one_of(titles, described)


_SUMMARIES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
_TITLES = st.sampled_from(("Rome, part {}", "Kafka {}", "Jazz (rerun)", "Moon II", "{}"))
_TEMPLATES = st.fixed_dictionaries(
    {"summary": _SUMMARIES},
    optional={
        "title": _TITLES,
        "podcast": _podcasts(),
        "hosts": _some(PERSONS),
        "guests": _some(PERSONS),
        "tags": _some(TAGS),
        "categories": _some(TAGS),
        "language": st.sampled_from(LANGUAGES),
        "published_at": st.sampled_from((*DATES, None)),
        "duration_s": st.sampled_from(DURATIONS),
        "explicit": st.booleans(),
        "season": st.integers(0, 3),
        "episode": st.integers(0, 9),
        "is_long": st.just(True),
        "copied_to": st.one_of(st.none(), _podcasts()),
        "extra": st.just({"deep": [1, None, "é"]}),
    },
)


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    templates = draw(st.lists(_TEMPLATES, min_size=1, max_size=6))
    times = draw(st.sampled_from(_TIMES))
    odd = iter(draw(st.lists(st.sampled_from(_IDS), unique=True, max_size=3)))
    corpus = Corpus([], {})
    for number in range(times):
        for place, template in enumerate(templates):
            _add(corpus, template, number, next(odd, f"e{place}-{number}"))
    return corpus


def _add(corpus: Corpus, template: Fields, number: int, episode_id: str) -> None:
    fields, is_copied = dict(template), "copied_to" in template
    copied_to = fields.pop("copied_to", None)
    text = f"{fields['summary'].capitalize()} {number}. "
    is_long = fields.pop("is_long", False) and number % _LONG_EVERY == 0
    times = 1 + _LONG // len(text.split()) if is_long else 1
    fields |= {"id": episode_id, "summary": text * times}
    if "title" in fields:
        fields["title"] = fields["title"].format(number)
    if fields.get("published_at") in DATES[:2] and number:
        fields["published_at"] = f"2020-{1 + number % 12:02}-{1 + number % 28:02}"
    if is_copied:
        fields["audio_url"] = f"https://sounds.example/{len(corpus.records)}.mp3"
    corpus.records.append(fields)
    if is_copied:
        corpus.records.append(_copy(fields, copied_to, f"{episode_id[:500]} again"))
        corpus.merged[f"{episode_id[:500]} again"] = episode_id


def _copy(fields: Fields, podcast: str | Fields | None, episode_id: str) -> Fields:
    """The same episode in another feed, or in a file that names none."""
    copy = {name: value for name, value in fields.items() if name != "podcast"}
    return copy | {"id": episode_id} | ({"podcast": podcast} if podcast else {})
