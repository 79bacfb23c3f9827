"""MAP, by which a user says what the columns of a corpus are."""

import pytest

from indexer.corpus.readers.field_names import field_names
from indexer.errors import CorpusError


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", ()),
        ("summary=Show Notes", (("summary", "Show Notes"),)),
        (" summary = Show Notes , title=Name,", (("summary", "Show Notes"), ("title", "Name"))),
        ("summary=Notes, long,title=Name", (("summary", "Notes, long"), ("title", "Name"))),
        ("podcast=Show,podcast.link=Page", (("podcast.title", "Show"), ("podcast.link", "Page"))),
    ],
)
def test_pairs_of_a_field_and_the_name_of_a_column(
    text: str, pairs: tuple[tuple[str, str], ...]
) -> None:
    assert field_names(text) == pairs


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("summary", "write it as"),
        ("summary=", "write it as"),
        ("sumary=Notes", "'sumary'"),
        ("title=A,title=B", "title twice"),
    ],
)
def test_names_of_fields_that_cannot_be_read_are_refused(text: str, told: str) -> None:
    with pytest.raises(CorpusError, match="MAP") as refused:
        field_names(text)
    assert told in str(refused.value)
