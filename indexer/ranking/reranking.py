"""Applies the cross-encoder to the first hits of a question and sorts them again."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from indexer.encoder import Vectors
from indexer.episode import embedding_text
from indexer.ranking.fusion import Ranked
from indexer.storage.episode_store import EpisodeStore

RERANKED = 20  # hits; the cross-encoder computes each pair of question and text anew


class PairScorer(Protocol):
    def relevance(self, question: str, texts: Sequence[str]) -> Vectors:
        """(texts,) float32 probabilities."""
        ...


def rerank(reranker: PairScorer, episodes: EpisodeStore, text: str, ranked: Ranked) -> Ranked:
    """`ranked` with its first hits reranked; probabilities computed before are kept."""
    unread = np.flatnonzero(np.isnan(ranked.reranker[:RERANKED]))
    if not len(unread):
        return ranked
    found = map(episodes.episode, ranked.rows[unread].tolist())
    return ranked.reranked(unread, reranker.relevance(text, list(map(embedding_text, found))))
