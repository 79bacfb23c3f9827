"""Runs an exported graph and its tokenizer with ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from indexer.encoder import Vectors

TOKENIZER = "tokenizer.json"
_UNKNOWN = ("[UNK]", "<unk>")

Text = str | tuple[str, str]


class Graph:
    """An ONNX graph; safe to share between threads, since each run stays in its caller's thread."""

    def __init__(self, file: Path, max_tokens: int) -> None:
        self._session = _session(file)
        self._inputs = {node.name for node in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(file.with_name(TOKENIZER)))
        unknown = map(self._tokenizer.token_to_id, _UNKNOWN)
        self._unknown = {token for token in unknown if token is not None}
        self._pad_id = (self._tokenizer.padding or {}).get("pad_id", 0)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)

    def tokenize(self, texts: Sequence[Text]) -> list[Encoding]:
        return self._tokenizer.encode_batch_fast(list(texts))

    def knows(self, encoding: Encoding) -> bool:
        """Whether the model knows any token of a text."""
        if self._unknown.isdisjoint(encoding.ids):
            return True
        words = zip(encoding.ids, encoding.special_tokens_mask, strict=True)
        return any(not special and token not in self._unknown for token, special in words)

    def run(self, encodings: Sequence[Encoding]) -> Vectors:
        """(texts, outputs) float32; the batch is padded to its longest text."""
        shape = (len(encodings), max(2, *map(len, encodings)))
        features = {
            "input_ids": np.full(shape, self._pad_id, np.int64),
            "attention_mask": np.zeros(shape, np.int64),
            "token_type_ids": np.zeros(shape, np.int64),
        }
        for row, encoding in enumerate(encodings):
            features["input_ids"][row, : len(encoding)] = encoding.ids
            features["attention_mask"][row, : len(encoding)] = 1
            features["token_type_ids"][row, : len(encoding)] = encoding.type_ids
        given = {name: array for name, array in features.items() if name in self._inputs}
        outputs: Vectors = self._session.run(None, given)[0]
        return outputs


def _session(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # it helps only if batches have the same shape
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        file,
        options,
        providers=["CPUExecutionProvider"],
        # The fused node takes four times as long as the two nodes it replaces (ONNX Runtime 1.32).
        disabled_optimizers=["SkipLayerNormFusion"],
    )
