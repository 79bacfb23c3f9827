"""Encodes texts with the exported ONNX graph, without torch."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.encoder.graph import Graph
from indexer.encoder.record import EncoderRecord

Batch = NDArray[np.intp]
Apply = Callable[[Callable[[Batch], None], Iterable[Batch]], Iterable[None]]

GRAPHS = {"fp32": "model.onnx", "int8": "model.int8.onnx"}
_TOKENS_A_RUN = 256  # with padding; larger batches do not fit the processor's cache
_TOKENS_OF_A_RUN = 8  # a run takes as long as these, whatever its batch


class OnnxEncoder:
    """An encoder over one graph; safe to share between threads.

    Batches of documents run in `threads` threads, which is faster than threads within a batch.
    """

    def __init__(self, directory: Path, record: EncoderRecord, precision: str, threads: int):
        self.precision = precision
        self._record = record
        self._graph = Graph(directory / GRAPHS[precision], record.max_tokens)
        self._threads = threads

    @property
    def dimension(self) -> int:
        return self._record.dimension

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        with ThreadPoolExecutor(self._threads) as pool:
            return self._encode(self._record.document_prompt, texts, pool.map)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._record.query_prompt, texts, map)

    def _encode(self, prompt: str, texts: Sequence[str], apply: Apply) -> Vectors:
        """Unknown texts, as of emoji, would all have the same vector, and so match each other."""
        encodings = self._graph.tokenize([prompt + text for text in texts])
        vectors = np.empty((len(encodings), self.dimension), np.float32)

        def run(batch: Batch) -> None:
            vectors[batch] = self._graph.run([encodings[i] for i in batch])

        list(apply(run, _batches([len(encoding) for encoding in encodings])))
        vectors[self._graph.unknown(texts, encodings)] = 0
        return vectors


def _batches(lengths: Sequence[int]) -> Iterator[Batch]:
    """Positions of the texts of each batch; texts of similar length share one, to pad less."""
    order = np.argsort(np.asarray(lengths, np.intp), kind="stable")[::-1]
    for start, stop in pairwise(_edges([max(1, lengths[place]) for place in order])):
        yield order[start:stop]


def _edges(lengths: Sequence[int]) -> list[int]:
    """Where batches of texts, the longest first, begin and end, so that they cost least in all.

    A batch costs as many tokens as its texts have if all are padded to the longest, and a few more.
    """
    least, ends = [0] * (len(lengths) + 1), [0] * len(lengths)
    for start in reversed(range(len(lengths))):
        most = max(1, _TOKENS_A_RUN // lengths[start])
        stops = range(start + 1, min(start + most, len(lengths)) + 1)
        costs = [least[stop] + lengths[start] * (stop - start) for stop in stops]
        least[start] = min(costs) + _TOKENS_OF_A_RUN
        ends[start] = stops[costs.index(min(costs))]
    edges = [0]
    while edges[-1] < len(lengths):
        edges.append(ends[edges[-1]])
    return edges
