"""What a service holds while it works: sampled, and its beginning compared with its end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import monotonic

from tests.benchmarks.servers import Server
from tests.torture.processes import descriptors

_SAMPLED_SECONDS = 0.5
_WARM_UP = 0.25  # of the time: until every cache is full, and every path was taken
_WINDOW = 0.2  # of the samples after it: its first and its last are compared


@dataclass(frozen=True)
class Sample:
    resident_mib: float
    descriptors: int


@dataclass(frozen=True)
class Drift:
    """From the beginning, after the warm-up, to the end."""

    before: Sample
    after: Sample

    @property
    def memory(self) -> float:
        return self.after.resident_mib / self.before.resident_mib - 1


async def watch(server: Server, until: float) -> list[Sample]:
    samples = []
    while monotonic() < until:
        samples.append(_sample(server))
        await asyncio.sleep(_SAMPLED_SECONDS)
    return samples


def _sample(server: Server) -> Sample:
    return Sample(server.resident_mib(), sum(len(descriptors(pid)) for pid in server.pids))


def drift_of(samples: Sequence[Sample]) -> Drift:
    warm = samples[round(len(samples) * _WARM_UP) :]
    width = max(1, round(len(warm) * _WINDOW))
    return Drift(_typical(warm[:width]), _typical(warm[-width:]))


def _typical(samples: Sequence[Sample]) -> Sample:
    return Sample(
        resident_mib=median(sample.resident_mib for sample in samples),
        descriptors=round(median(sample.descriptors for sample in samples)),
    )
