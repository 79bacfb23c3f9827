import pytest

from tests.conftest import REPOSITORY
from tests.evaluation.moments.times import compare

NOTES = REPOSITORY.parent / "shared" / "data" / "moments" / "syntax_notes.jsonl"


@pytest.mark.skipif(not NOTES.exists(), reason="the shared data is not there")
def test_times_in_the_notes_of_a_real_show_are_found() -> None:
    found = compare(NOTES)
    assert found.precision >= 0.99
    assert found.recall >= 0.98
