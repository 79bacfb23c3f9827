"""An encoder whose vectors can be checked by hand: one axis for each word, the sum normalised.

"kafka flink" is (1, 1) / sqrt(2) on the axes of kafka and flink; every word that is not in WORDS
is on the last axis. `fake_artifact` is the same encoder as an ONNX graph with a tokenizer, so that
tests run the same code as with a real model, without torch.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Split

from indexer.encoder import Vectors
from indexer.encoder.artifact import Artifact
from indexer.encoder.graph import TOKENIZER
from indexer.encoder.onnx_encoder import GRAPHS
from indexer.encoder.record import EncoderRecord, Probe
from indexer.storage.checksums import sha256_of

WORDS = (
    "kafka flink stream database queue cache music jazz guitar piano garden soil "
    "seeds history rome empire space rocket moon startup founder money"
).split()
OTHER = len(WORDS)
DIMENSION = len(WORDS) + 1
_WORD = r"\w+"


class BagOfWords:
    precision = "fp32"
    dimension = DIMENSION

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vector(text) for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode_documents(texts)

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(DIMENSION, np.float32)
        for word in re.findall(_WORD, text.lower()):
            vector[WORDS.index(word) if word in WORDS else OTHER] += 1
        return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-9))


def fake_artifact(directory: Path) -> Artifact:
    directory.mkdir(parents=True)
    _tokenizer().save(str(directory / TOKENIZER))
    onnx.save(_graph(), directory / GRAPHS["fp32"])
    texts = ("kafka", "jazz guitar", "a history of rome, rome and rome")
    record = EncoderRecord(
        model="bag-of-words",
        revision=None,
        fingerprint="0123456789abcdef",
        runtime="onnx",
        precision="fp32",
        dimension=DIMENSION,
        max_tokens=64,
        query_prompt="",
        document_prompt="",
        probes=tuple(map(Probe.of, texts, BagOfWords().encode_queries(texts))),
        files={name: sha256_of(directory / name) for name in (TOKENIZER, GRAPHS["fp32"])},
    )
    return Artifact(directory, record)


def _tokenizer() -> Tokenizer:
    ids = {word: axis for axis, word in enumerate(WORDS)} | {"[OTHER]": OTHER, "[PAD]": OTHER + 1}
    tokenizer = Tokenizer(WordLevel(ids, unk_token="[OTHER]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Split(Regex(_WORD), behavior="removed", invert=True)
    tokenizer.enable_padding(pad_id=OTHER + 1, pad_token="[PAD]")
    return tokenizer


def _graph() -> onnx.ModelProto:
    table = np.eye(DIMENSION + 1, DIMENSION, dtype=np.float32)  # the row of padding is zero
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["vectors"]),
        helper.make_node("ReduceSum", ["vectors", "tokens_axis"], ["sums"], keepdims=0),
        helper.make_node("LpNormalization", ["sums"], ["unit_vector"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "bag-of-words",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])],
        [helper.make_tensor_value_info("unit_vector", TensorProto.FLOAT, ["batch", DIMENSION])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([1], np.int64), "tokens_axis"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
