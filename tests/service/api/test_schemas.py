import re
import sys
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from indexer.episode import fold
from service.api.schemas.requests import LikeRequest, SearchRequest
from service.app import create_app
from service.settings import Settings


def test_the_pattern_of_questions_excludes_blank_ones() -> None:
    pattern = SearchRequest.model_json_schema()["properties"]["q"]["pattern"]
    for character in map(chr, range(sys.maxunicode + 1)):
        assert bool(re.search(pattern, character)) == bool(fold(character)), hex(ord(character))


@pytest.mark.parametrize("field", ["like", "unlike"])
def test_liked_items_are_validated_by_their_pattern(field: str) -> None:
    schema = LikeRequest.model_json_schema()["properties"][field]
    pattern = re.compile(schema["items"]["pattern"])
    for character in map(chr, (*range(0xD800), *range(0xE000, 0x30000))):
        allowed = bool(pattern.search(character))
        assert allowed == bool(fold(character)), hex(ord(character))
        if not allowed:
            with pytest.raises(ValidationError):
                LikeRequest.model_validate({"like": ["jazz"], field: [character]})
    for character in "a", "\u4e2d", "\U0001f600":
        LikeRequest.model_validate({"like": ["jazz"], field: [character]})


def test_no_pattern_depends_on_what_an_engine_counts_as_white_space() -> None:
    """The engines of Python, Rust and JavaScript differ in what \\S matches."""
    patterns = {*patterns_of(create_app(Settings()).openapi())}
    assert patterns
    assert not {pattern for pattern in patterns if r"\S" in pattern}


def patterns_of(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(pattern := schema.get("pattern"), str):
            yield pattern
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from patterns_of(part)
