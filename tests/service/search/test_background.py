from contextvars import ContextVar
from threading import get_ident

import pytest

from service.search.background import in_background

HERE: ContextVar[str] = ContextVar("HERE")


@pytest.mark.parametrize("worth_it", [True, False])
def test_the_result_is_waited_for_and_a_thread_is_started_if_worthwhile(worth_it: bool) -> None:
    HERE.set("here")
    with in_background(lambda: (get_ident(), HERE.get()), worth_it=worth_it) as result:
        thread, place = result()
    assert (thread != get_ident()) is worth_it
    assert place == "here"


@pytest.mark.parametrize("worth_it", [True, False])
def test_an_error_of_the_work_is_raised(worth_it: bool) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        in_background(lambda: 1 // 0, worth_it=worth_it) as result,
    ):
        result()
