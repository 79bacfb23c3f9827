"""The share of a question that the words of a hit cover.

BM25 ranks by how often a word occurs in a text of what length; coverage tells whether any part of
the question is missing, which separates an answer from a near miss.
"""

import numpy as np
import orjson
from numpy.typing import NDArray

from indexer.index.words.term_matcher import TermMatcher
from indexer.storage.episode_store import EpisodeStore
from indexer.storage.segments import Rows
from indexer.text.passages import recorded_text


def coverage_of(terms: TermMatcher, episodes: EpisodeStore, rows: Rows) -> NDArray[np.float64]:
    """(rows,) from 0 to 1. Reads each text, which takes about 20 microseconds."""
    texts = (recorded_text(orjson.loads(episodes.record(row))) for row in rows.tolist())
    return np.fromiter(map(terms.coverage, texts), np.float64, len(rows))
