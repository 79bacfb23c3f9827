"""Fields with limits that several requests share."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from indexer.index.columns.filters import moment_of

MOST_QUESTION_CHARACTERS = 20_000
MOST_CHARACTERS_IN_ADDRESS = 4_000  # percent-encoded at most 48 kB; servers accept about 64 kB
MOST_HITS = 100
DEEPEST_OFFSET = 1000
MOST_EXAMPLES = 20
MOST_EXCLUDED = 1000
MOST_PODCASTS = 1000
MOST_VALUES = 100
MOST_VALUE_CHARACTERS = 1000
MOST_NUMBER = 2**53 - 1  # of a season or an episode: what JSON says exactly

MODES = "hybrid fuses the rankings by meaning and by words; dense uses meaning only, lexical words."

# White space and the characters that indexer.episode.fold removes. Regular expression engines
# differ in what \s matches, so the characters that any engine leaves out are listed.
_BLANK = r"\s\x1c-\x1f\x85\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_NOT_BLANK = f"[^{_BLANK}]"

_ASKED = Field(
    min_length=1,
    description="The question, in your own words.",
    examples=["Who kept MySpace running before the cloud?"],
    # Only described here: the route refuses a blank question with a clearer message.
    json_schema_extra={"pattern": _NOT_BLANK},
)
QuestionText = Annotated[str, _ASKED, Field(max_length=MOST_QUESTION_CHARACTERS)]
QuestionInAddress = Annotated[str, _ASKED, Field(max_length=MOST_CHARACTERS_IN_ADDRESS)]


def _as_whole(value: object) -> object:
    """1 for 1.0: JSON does not distinguish them, a strict model does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_as_whole)  # put it after the bounds, or OpenAPI loses them
HitCount = Annotated[int, Field(ge=1, le=MOST_HITS, description="How many hits to return."), WHOLE]
Offset = Annotated[int, Field(ge=0, le=DEEPEST_OFFSET, description="How many hits to skip."), WHOLE]
LikedItem = Annotated[str, Field(max_length=MOST_QUESTION_CHARACTERS, pattern=_NOT_BLANK)]
EpisodeId = Annotated[str, Field(max_length=MOST_QUESTION_CHARACTERS)]

Relevance = Annotated[
    float,
    Field(ge=0, le=1, description="Omit hits whose relevance is lower than this."),
]


def _moment(value: object) -> object:
    try:
        return moment_of(value) if isinstance(value, str) else value
    except ValueError:
        raise PydanticCustomError(
            "moment",
            "{given} is not a date; write it as 2026-01-31 or 2026-01-31T08:00:00Z",
            {"given": repr(str(value)[:40])},
        ) from None


def _several(value: object) -> object:
    values = [value] if isinstance(value, str | int | float) else value
    return tuple(values) if isinstance(values, list) else values


def _listed(value: object) -> object:
    """The values as a tuple; a text may have several, separated by commas."""
    texts = _several(value)
    if not isinstance(texts, tuple) or not all(isinstance(text, str) for text in texts):
        return texts
    return tuple(name.strip() for text in texts for name in text.split(","))


Value = Annotated[str, Field(max_length=MOST_VALUE_CHARACTERS)]
_Values = Annotated[tuple[Value, ...], Field(max_length=MOST_VALUES)]
Values = Annotated[_Values, BeforeValidator(_several, json_schema_input_type=Value | _Values)]
Number = Annotated[int, Field(ge=0, le=MOST_NUMBER), WHOLE]
_Numbers = Annotated[tuple[Number, ...], Field(max_length=MOST_VALUES)]
Numbers = Annotated[_Numbers, BeforeValidator(_several, json_schema_input_type=Number | _Numbers)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Understand = Annotated[
    bool, Field(description="Whether constraints are read from the question; see understood.")
]
AsWords = Annotated[
    Values, Field(description="Parts of the question that are words to search for, no constraints.")
]
Seconds = Annotated[float | None, Field(ge=0, allow_inf_nan=False)]
Part = Literal["chapters", "transcript"]
Parts = Annotated[
    tuple[Part, ...], BeforeValidator(_listed, json_schema_input_type=Part | tuple[Part, ...])
]
Facet = Literal["podcast", "year", "person", "tag", "language"]
FacetNames = Annotated[
    tuple[Facet, ...],
    BeforeValidator(_listed, json_schema_input_type=Facet | tuple[Facet, ...]),
    Field(description="Fields to count the hits by, separated by commas; see facets in answers."),
]
