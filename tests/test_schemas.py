import re
import sys

from indexer.episode import fold
from service.api.schemas import SearchRequest


def test_what_is_described_as_a_question_has_something_to_ask() -> None:
    pattern = SearchRequest.model_json_schema()["properties"]["q"]["pattern"]
    for character in map(chr, range(sys.maxunicode + 1)):
        assert bool(re.search(pattern, character)) == bool(fold(character)), hex(ord(character))
