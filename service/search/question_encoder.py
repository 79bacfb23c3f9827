"""Embeds questions; recent ones come from the cache."""

import numpy as np

from indexer.encoder import Encoder, Vectors
from indexer.encoder.record import EncoderRecord
from service.search.question_cache import QuestionCache
from service.telemetry.metrics import looked_up


class QuestionEncoder:
    def __init__(self, encoder: Encoder, record: EncoderRecord, cache: QuestionCache) -> None:
        self._encoder = encoder
        self._fingerprint = record.fingerprint
        self._cache = cache

    def __call__(self, texts: list[str]) -> Vectors:
        """(texts, dimension), each row of length one."""
        found = {text: self._cache.get((self._fingerprint, text)) for text in texts}
        unknown = [text for text, vector in found.items() if vector is None]
        for vector in found.values():
            looked_up("vectors", found=vector is not None)
        if unknown:
            vectors = self._encoder.encode_queries(unknown)
            for text, vector in zip(unknown, vectors, strict=True):
                found[text] = vector
                # A copy, since a view of one row would keep the whole batch in memory.
                self._cache.put((self._fingerprint, text), vector.copy())
        return np.stack([vector for text in texts if (vector := found[text]) is not None])
