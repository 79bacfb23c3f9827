"""Names clusters by their distinctive words: class-based TF-IDF (Grootendorst 2022)."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from indexer.episode import fold
from indexer.map.clusters import ClusterLabels
from indexer.text.segmentation import UNSPACED, words_of

_WORDS_A_NAME = 3
_MOST_WORDS = 50_000  # the most frequent ones
_LARGEST_SHARE = 0.2  # of the episodes; a word in more of them distinguishes no cluster
_SMALL_CORPUS = 500  # episodes; in a smaller corpus _LARGEST_SHARE does not apply
_ADDRESS = re.compile(r"\S*(?:://|www\.|@)\S*|\S+\.(?:com|org|net)\b\S*", re.IGNORECASE)
_WORD = rf"(?u)[{UNSPACED}]{{2,}}|\b[^\W\d_]{{3,}}\b"
_PODCAST_STOP_WORDS = frozenset(
    "episode episodes podcast podcasts listen today week don just".split()
)


def names_of(texts: Sequence[str], labels: ClusterLabels) -> list[str]:
    """A name for each cluster, in order; empty if the cluster has no distinctive word."""
    vectorizer = CountVectorizer(
        token_pattern=_WORD,
        stop_words=sorted(ENGLISH_STOP_WORDS | _PODCAST_STOP_WORDS),
        max_df=_LARGEST_SHARE if len(texts) > _SMALL_CORPUS else 1.0,
        max_features=_MOST_WORDS,
        binary=True,
    )
    try:
        said = vectorizer.fit_transform(map(_plain, texts))
    except ValueError:  # no word is left
        return [""] * (int(labels.max()) + 1)
    words = vectorizer.get_feature_names_out()
    return [_name(weights, words) for weights in _weights(said, labels)]


def _plain(text: str) -> str:
    """With white space between all words, and without addresses."""
    return " ".join(words_of(_ADDRESS.sub(" ", fold(text))))


def _weights(said: csr_matrix, labels: ClusterLabels) -> NDArray[np.float64]:
    """(clusters, words): the word's episode count in the cluster times its rarity in the corpus."""
    clusters = int(labels.max()) + 1
    members = csr_matrix((np.ones(len(labels)), (labels, np.arange(len(labels)))))
    counts = (members @ said).toarray()
    rarity = np.log1p(counts.sum() / clusters / counts.sum(axis=0))
    weights: NDArray[np.float64] = counts * rarity
    return weights


def _name(weights: NDArray[np.float64], words: Sequence[str]) -> str:
    """The words with the largest weights; of inflected forms, such as game and games, only one."""
    chosen: list[str] = []
    for column in np.argsort(-weights, kind="stable"):
        word = str(words[column])
        if weights[column] == 0 or len(chosen) == _WORDS_A_NAME:
            break
        if not any(word.startswith(other[:-1]) or other.startswith(word[:-1]) for other in chosen):
            chosen.append(word)
    return ", ".join(chosen)
