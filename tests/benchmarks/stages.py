"""Where the time of an answer goes: questions in batches, in this process and one thread."""

import time
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from indexer.snapshot import Snapshot
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from service.telemetry import metrics, stage_timing
from tests.benchmarks.material import Material
from tests.benchmarks.systems import HITS

BATCH = 8
QUESTIONS = 800
_WARM_UP = 80
_REST = "ranking, relevance and the rest"
_STAGES = [stage for stage in metrics.STAGES if stage != "queue"]


@dataclass(frozen=True)
class Stages:
    ms: dict[str, float]  # of an answer, by stage; for all together the processor's
    kib: float  # allocated at the peak of a batch, for each of its questions

    @property
    def processor_ms(self) -> float:
        return sum(self.ms.values())


def measure(material: Material, asked: Sequence[str]) -> Stages:
    """`asked` are QUESTIONS new questions."""
    retriever = Retriever(Snapshot.current(material.snapshots), QuestionCache(0))
    questions = [Question(text, HITS, understand=True) for text in asked]
    for batch in _batches(questions[:_WARM_UP]):
        retriever.search(batch)
    spent: Counter[str] = Counter()
    with threadpool_limits(1):  # as in a worker
        started = time.process_time()
        for batch in _batches(questions[_WARM_UP:]):
            with stage_timing.recorded() as seconds:
                retriever.search(batch)
            spent.update(seconds)
        total = time.process_time() - started
    count = (len(questions) - _WARM_UP) / 1000
    stages = {stage: spent[stage] / count for stage in _STAGES}
    return Stages(stages | {_REST: total / count - sum(stages.values())}, _peak(retriever, batch))


def _batches(questions: Sequence[Question]) -> list[Sequence[Question]]:
    return [questions[at : at + BATCH] for at in range(0, len(questions), BATCH)]


def _peak(retriever: Retriever, batch: Sequence[Question]) -> float:
    tracemalloc.start()
    retriever.search(batch)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1024 / len(batch)
