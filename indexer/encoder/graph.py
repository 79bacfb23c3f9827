"""Runs an exported graph and its tokenizer with ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path
from string import ascii_letters, digits
from unicodedata import category

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from indexer.encoder import Vectors

TOKENIZER = "tokenizer.json"
_UNKNOWN = ("[UNK]", "<unk>")
_WORD_START = "\u2581"  # SentencePiece's mark before a word

Text = str | tuple[str, str]


class Graph:
    """An ONNX graph; safe to share between threads, since each run stays in its caller's thread."""

    def __init__(self, file: Path, max_tokens: int) -> None:
        self._session = _session(file)
        self._inputs = {node.name for node in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(file.with_name(TOKENIZER)))
        self._unknown = _unknown_tokens(self._tokenizer)
        self._pad_id = (self._tokenizer.padding or {}).get("pad_id", 0)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)

    def tokenize(self, texts: Sequence[Text]) -> list[Encoding]:
        return self._tokenizer.encode_batch_fast(list(texts))

    def unknown(self, texts: Sequence[str], encodings: Sequence[Encoding]) -> list[int]:
        """The places of the texts of which the model knows no word.

        `encodings` are theirs behind a prompt, whose words say nothing about the text.
        """
        pairs = enumerate(encodings)
        doubtful = [place for place, each in pairs if not self._unknown.isdisjoint(each.ids)]
        found = unknown_texts(self._tokenizer, [texts[place] for place in doubtful])
        return [doubtful[place] for place in found]

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


def unknown_texts(tokenizer: Tokenizer, texts: Sequence[str]) -> list[int]:
    """The places of the texts that a tokenizer does not know, apart from their punctuation."""
    unknown = _unknown_tokens(tokenizer)
    encodings = tokenizer.encode_batch_fast(list(texts)) if unknown else []
    doubtful = ((n, each) for n, each in enumerate(encodings) if not unknown.isdisjoint(each.ids))
    return [place for place, each in doubtful if not _has_words(tokenizer, each, unknown)]


def knows_plain_words(tokenizer: Tokenizer) -> bool:
    """Whether it has all letters and digits, at the beginning of a word and within it."""
    unknown = _unknown_tokens(tokenizer)
    alone = ascii_letters + digits
    within = [f"{'q' * 9}{each}" for each in alone]
    return all(unknown.isdisjoint(each.ids) for each in tokenizer.encode_batch([*alone, *within]))


def _unknown_tokens(tokenizer: Tokenizer) -> set[int]:
    """The ids of what the tokenizer does not know; none if it knows every byte."""
    return {token for token in map(tokenizer.token_to_id, _UNKNOWN) if token is not None}


def _has_words(tokenizer: Tokenizer, encoding: Encoding, unknown: set[int]) -> bool:
    tokens = zip(encoding.ids, encoding.special_tokens_mask, strict=True)
    known = {token for token, special in tokens if not special} - unknown
    return not all(_is_mark(tokenizer.id_to_token(token) or "") for token in known)


def _is_mark(token: str) -> bool:
    return all(category(character)[0] == "P" for character in token.strip(_WORD_START))


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
