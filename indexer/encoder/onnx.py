"""The exported graph, run by ONNX Runtime: all the encoder a service needs."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from indexer.encoder import Vectors
from indexer.encoder.record import EncoderRecord

Batch = NDArray[np.intp]
Apply = Callable[[Callable[[Batch], None], Iterable[Batch]], Iterable[None]]

GRAPHS = {"fp32": "model.onnx", "int8": "model.int8.onnx"}
TOKENIZER = "tokenizer.json"
_TOKENS_A_RUN = 256  # padding counted; larger batches fall out of the processor's cache


class OnnxEncoder:
    """Safe to share between threads: a run keeps to the thread that asks for it.

    Documents are spread over `threads` of them, which is faster than threads inside a run.
    """

    def __init__(self, directory: Path, record: EncoderRecord, precision: str, threads: int):
        self.precision = precision
        self._record = record
        self._session = _session(directory / GRAPHS[precision])
        self._threads = threads
        self._inputs = {node.name for node in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(directory / TOKENIZER))
        self._pad_id = (self._tokenizer.padding or {}).get("pad_id", 0)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(record.max_tokens)

    @property
    def dimension(self) -> int:
        return self._record.dimension

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        with ThreadPoolExecutor(self._threads) as pool:
            return self._encode(self._record.document_prompt, texts, pool.map)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._record.query_prompt, texts, map)

    def _encode(self, prompt: str, texts: Sequence[str], apply: Apply) -> Vectors:
        encodings = self._tokenizer.encode_batch_fast([prompt + text for text in texts])
        vectors = np.empty((len(encodings), self.dimension), np.float32)

        def run(batch: Batch) -> None:
            vectors[batch] = self._run([encodings[i] for i in batch])

        list(apply(run, _batches([len(encoding) for encoding in encodings])))
        return vectors

    def _run(self, encodings: Sequence[Encoding]) -> Vectors:
        shape = (len(encodings), max(2, *map(len, encodings)))
        features = {
            "input_ids": np.full(shape, self._pad_id, np.int64),
            "attention_mask": np.zeros(shape, np.int64),
            "token_type_ids": np.zeros(shape, np.int64),
        }
        for row, encoding in enumerate(encodings):
            features["input_ids"][row, : len(encoding)] = encoding.ids
            features["attention_mask"][row, : len(encoding)] = 1
        given = {name: array for name, array in features.items() if name in self._inputs}
        vectors: Vectors = self._session.run(None, given)[0]
        return vectors


def _session(graph: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # every batch has another shape
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        graph,
        options,
        providers=["CPUExecutionProvider"],
        # Its fused node takes four times as long as the two it replaces (ONNX Runtime 1.32).
        disabled_optimizers=["SkipLayerNormFusion"],
    )


def _batches(lengths: Sequence[int]) -> Iterator[Batch]:
    """Positions, texts of like length together, so that little of a batch is padding."""
    order = np.argsort(np.asarray(lengths, np.intp), kind="stable")[::-1]
    start = 0
    while start < len(order):
        longest = max(1, lengths[order[start]])
        stop = start + max(1, _TOKENS_A_RUN // longest)
        yield order[start:stop]
        start = stop
