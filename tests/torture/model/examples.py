"""As many examples as wanted: the same ones each time, fewer or more."""

import traceback
from collections import Counter

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from tests.torture.model.checks import check, check_corpus
from tests.torture.model.corpora import Corpus, corpora
from tests.torture.model.listing import listing
from tests.torture.model.requests import requests
from tests.torture.row import Ground, Row

EXAMPLES = 20_000
_A_CORPUS = 25  # requests


def run(ground: Ground, dose: float) -> Row:
    asked = Counter[str]()
    failure = _failure(ground, max(1, round(EXAMPLES * dose / _A_CORPUS)), asked)
    kinds = ", ".join(f"{count:,} x {of}" for of, count in sorted(asked.items()))
    return Row(
        test=f"{asked.total():,} random legal requests of random legal corpora, held to a model",
        wanted="0 server errors; pages disjoint and complete; filters and facets as by hand; "
        "similar never itself; browse, search and podcasts agree",
        measured=failure or f"all held: {kinds}",
        held=not failure and asked.total() >= EXAMPLES * dose,
        figures={"examples": asked.total(), "failures": float(bool(failure))},
    )


def _failure(ground: Ground, count: int, asked: Counter[str]) -> str:
    """What failed, told by the smallest example that does; empty where all held."""
    set_hypothesis_home_dir(ground.directory)
    shrinking = [Phase.shrink] if count * _A_CORPUS >= EXAMPLES else []  # for minutes

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=[Phase.generate, *shrinking],
        suppress_health_check=list(HealthCheck),
    )
    @given(corpora(), st.data())
    def hold(corpus: Corpus, data: st.DataObject) -> None:
        with listing(corpus, ground.artifact) as listed:
            check_corpus(listed)
            for _ in range(_A_CORPUS):
                request = data.draw(requests(corpus))
                note(f"{request.of}: {request.asked}")
                check(listed, request.of, request.asked)
                asked[request.of] += 1

    try:
        hold()
    except Exception as error:  # whatever fails is told in the table, and here at length
        traceback.print_exception(error)
        return f"{type(error).__name__}: {str(error)[:200]!r}; its example is in the log"
    return ""
