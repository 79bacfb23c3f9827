"""Schemas of suggestions."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from service.api.schemas.fields import MOST_CHARACTERS_IN_ADDRESS
from service.api.schemas.requests import FilterFields


class SuggestRequest(FilterFields):
    q: Annotated[
        str,
        Field(max_length=MOST_CHARACTERS_IN_ADDRESS, description="What is typed so far."),
    ]
    limit: Annotated[int, Field(ge=1, le=20, description="Suggestions to return.")] = 8


class SuggestionBody(BaseModel):
    text: str
    kind: Annotated[
        Literal["podcast", "person", "tag", "title"],
        Field(description="The filter that the text is a value of, or a title of an episode."),
    ]
    id: Annotated[str | None, Field(description="The id of the episode with this title.")] = None


class SuggestResponse(BaseModel):
    query: str
    snapshot: str
    took_ms: Annotated[float, Field(description="Milliseconds spent completing.")]
    suggestions: list[SuggestionBody]
