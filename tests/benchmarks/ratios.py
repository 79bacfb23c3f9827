"""The ratios between systems, and their targets.

Every ratio is computed within a round, from measurements close in time, and the median over the
rounds is reported. For all ratios, higher is better.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.peers import NAME as TXTAI
from tests.benchmarks.rounds import Round
from tests.benchmarks.server_run import Loaded
from tests.benchmarks.systems import BASELINE, DENSE, SERVED


@dataclass(frozen=True)
class Wanted:
    what: str
    least: float
    ratio: Callable[[Round, str], float]  # of one of this service's two modes
    needs: str | None = None  # a system that is not measured in every run
    whose: tuple[str, ...] = (DENSE, SERVED)


@dataclass(frozen=True)
class Got:
    """`dense` compares like with like, since the others are dense; `served` is the default mode."""

    what: str
    least: float
    dense: float | None
    served: float | None

    @property
    def met(self) -> str:
        got = {"dense": self.dense, "served": self.served}
        measured = {name: value for name, value in got.items() if value is not None}
        meeting = [name for name, value in measured.items() if value >= self.least]
        if not measured:
            return "not measured"
        return "yes" if len(meeting) == len(measured) else f"{meeting[0]} only" if meeting else "no"


def _loaded(one: Round, system: str, phase: str) -> Loaded:
    return one.runs[system].phases[phase]


def _rate(one: Round, system: str, phase: str) -> float:
    return _loaded(one, system, phase).answers.rate


def _p50(one: Round, system: str, phase: str) -> float:
    return _loaded(one, system, phase).answers.p50_ms


def _rate_against(other: str) -> Callable[[Round, str], float]:
    return lambda one, us: _rate(one, us, "16 distinct") / _rate(one, other, "16 distinct")


def _p50_against(other: str) -> Callable[[Round, str], float]:
    return lambda one, us: _p50(one, other, "1 distinct") / _p50(one, us, "1 distinct")


WANTED = (
    Wanted("requests/s at 16 clients, over txtai's", 15, _rate_against(TXTAI), TXTAI),
    Wanted("requests/s at 16 clients, over the baseline's", 15, _rate_against(BASELINE)),
    Wanted("p50 of txtai at one client, over ours", 8, _p50_against(TXTAI), TXTAI),
    Wanted("p50 of the baseline at one client, over ours", 4, _p50_against(BASELINE)),
    Wanted(
        "requests/s at 64 clients, over the bare encoder's questions/s",
        0.6,
        lambda one, us: _rate(one, us, "64 distinct") / one.encoder,
    ),
    Wanted(
        "resident memory of txtai, over ours",
        4,
        lambda one, us: one.runs[TXTAI].resident_mib / one.runs[us].resident_mib,
        TXTAI,
    ),
    Wanted(
        "start to first answer of the baseline, over ours",
        6,
        lambda one, us: one.runs[BASELINE].first.seconds / one.runs[us].first.seconds,
    ),
    Wanted(
        "p50 of a new question at one client, over a repeated one's",
        4,
        lambda one, us: _p50(one, us, "1 distinct") / _p50(one, us, "1 repeated"),
    ),
    Wanted(
        "documents/s, over SentenceTransformer.encode's",
        2.2,
        lambda one, _: one.documents / one.reference_documents,
        whose=(DENSE,),
    ),
)


def ratios(rounds: Sequence[Round]) -> list[Got]:
    return [
        Got(wanted.what, wanted.least, _got(wanted, rounds, DENSE), _got(wanted, rounds, SERVED))
        for wanted in WANTED
    ]


def _got(wanted: Wanted, rounds: Sequence[Round], us: str) -> float | None:
    if us not in wanted.whose or (wanted.needs and wanted.needs not in rounds[0].runs):
        return None
    return median(wanted.ratio(one, us) for one in rounds)
