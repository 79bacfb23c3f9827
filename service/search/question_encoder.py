"""Embeds questions: recent ones are cached, and long ones are embedded by their sentences."""

import numpy as np

from indexer.encoder import Encoder, Vectors
from indexer.encoder.record import EncoderRecord
from indexer.text.segmentation import count_words
from indexer.text.sentences import split_sentences
from service.search.question_cache import QuestionCache
from service.telemetry.metrics import looked_up

_TOKENS_A_WORD = 1.4  # in English; a model reads no more tokens than its limit
_FEWEST_CHARACTERS_A_WORD = 2  # with the space


class QuestionEncoder:
    def __init__(self, encoder: Encoder, record: EncoderRecord, cache: QuestionCache) -> None:
        self._encoder = encoder
        self._fingerprint = record.fingerprint
        self._most_words = int(record.max_tokens / _TOKENS_A_WORD)
        self._cache = cache

    def __call__(self, texts: list[str]) -> Vectors:
        """(texts, dimension), each row of length one."""
        found = {text: self._cache.get((self._fingerprint, text)) for text in texts}
        unknown = [text for text, vector in found.items() if vector is None]
        for vector in found.values():
            looked_up("vectors", found=vector is not None)
        if unknown:
            for text, vector in zip(unknown, self._embedded(unknown), strict=True):
                found[text] = vector
                # A copy, since a view of one row would keep the whole batch in memory.
                self._cache.put((self._fingerprint, text), vector.copy())
        return np.stack([vector for text in texts if (vector := found[text]) is not None])

    def _embedded(self, texts: list[str]) -> Vectors:
        """(texts, dimension); of a text that the model would cut, the mean of its stretches."""
        stretches = [self._stretches(text) for text in texts]
        vectors = self._encoder.encode_queries([part for parts in stretches for part in parts])
        if len(vectors) == len(texts):
            return vectors
        starts = np.cumsum([0, *map(len, stretches[:-1])])
        sums: Vectors = np.add.reduceat(vectors, starts)
        sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), np.float32(1e-9))
        return sums

    def _stretches(self, text: str) -> list[str]:
        """Sentences together, as many as the model reads."""
        few = self._most_words * _FEWEST_CHARACTERS_A_WORD
        if len(text) <= few or count_words(text) <= self._most_words:
            return [text]
        stretches: list[list[str]] = [[]]
        words = 0.0
        for start, stop in split_sentences(text):
            words += (more := count_words(text[start:stop]))
            if words > self._most_words and stretches[-1]:
                stretches.append([])
                words = more
            stretches[-1].append(text[start:stop])
        return [" ".join(stretch) for stretch in stretches]
