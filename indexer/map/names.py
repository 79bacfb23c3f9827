"""Names clusters by their key phrases: frequent here and rare elsewhere (class-based TF-IDF)."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from indexer.episode import fold
from indexer.map.clusters import ClusterLabels
from indexer.text.segmentation import UNSPACED, words_of

_WORDS_A_NAME = 3  # of single words; a phrase counts as its words
_WORDS_A_PHRASE = 3
_WORTH = (1.0, 2.5, 3.0)  # of a phrase, by its number of words: it says more than they do
_FEWEST_SAYING = 3  # episodes of a cluster, for a phrase that is no chance
_READ_A_CLUSTER = 200  # episodes
_LARGEST_SHARE = 0.2  # of the episodes; a word in more of them distinguishes no cluster
_SMALL_CORPUS = 500  # episodes; in a smaller corpus _LARGEST_SHARE does not apply
_ADDRESS = re.compile(r"\S*(?:://|www\.|@)\S*|\S+\.(?:com|org|net)\b\S*", re.IGNORECASE)
_WORD = re.compile(rf"[{UNSPACED}]{{2,}}|\b[^\W\d_]{{3,}}\b")
_UNSPACED = re.compile(f"[{UNSPACED}]")
# What an episode is presented with, whatever it is about.
_PRESENTING = frozenset(
    "episode episodes podcast podcasts show shows series part season listen listeners today week "
    "weeks month year years time day days don just people person guest guests host hosts hosted "
    "talk talks talking talked discuss discusses discussing discussed discussion explain explains "
    "explained explaining tell tells told telling say says said saying speak speaks spoke join "
    "joins joined joining interview interviews interviewed conversation share shares shared look "
    "looks looking come comes came coming does did doing done goes going went gone make makes made "
    "making get gets got getting give gives gave take takes took taking use uses used using want "
    "wants know knows think thinks help helps learn learns bring brings start starts started "
    "build builds building welcome welcomes thing things way ways lot lots bit new news great good "
    "best better big really like also one two three first last next many much well will can "
    "building works work working need needs let lets find finds found answer answers question "
    "questions topic topics story stories world life live".split()
)
_STOP_WORDS = ENGLISH_STOP_WORDS | _PRESENTING

Weights = NDArray[np.float64]


def names_of(texts: Sequence[str], labels: ClusterLabels) -> list[str]:
    """A name for each cluster, in order; empty if the cluster has no distinctive word."""
    read = _sample(labels)
    vectorizer = CountVectorizer(
        analyzer=_phrases, max_df=_LARGEST_SHARE if len(read) > _SMALL_CORPUS else 1.0, binary=True
    )
    try:
        said = vectorizer.fit_transform(texts[place] for place in read.tolist())
    except ValueError:  # no word is left
        return [""] * (int(labels.max()) + 1)
    phrases = vectorizer.get_feature_names_out()
    return [_name(weights, phrases) for weights in _weights(said, labels[read], phrases)]


def _sample(labels: ClusterLabels) -> NDArray[np.int64]:
    """The places of some texts of every cluster, evenly spread."""
    members = [np.flatnonzero(labels == cluster) for cluster in range(int(labels.max()) + 1)]
    some = [places[:: max(1, len(places) // _READ_A_CLUSTER)] for places in members]
    return np.sort(np.concatenate(some))


def _phrases(text: str) -> Iterator[str]:
    """The words of a text and the phrases of words that nothing divides."""
    for run in _runs(" ".join(words_of(_ADDRESS.sub(" ; ", fold(text)))).lower()):
        for start in range(len(run)):
            for stop in range(start + 1, min(start + _WORDS_A_PHRASE, len(run)) + 1):
                yield " ".join(run[start:stop])


def _runs(text: str) -> Iterator[list[str]]:
    """Words between stop words and marks; one of a script without spaces is alone."""
    run: list[str] = []
    stop = 0
    for word in _WORD.finditer(text):
        gap = text[stop : word.start()]
        if run and (gap != " " or _UNSPACED.search(word[0]) or _UNSPACED.search(run[-1])):
            yield run
            run = []
        stop = word.end()
        if word[0] not in _STOP_WORDS:
            run.append(word[0])
        elif run:
            yield run
            run = []
    if run:
        yield run


def _weights(said: csr_matrix, labels: ClusterLabels, phrases: Sequence[str]) -> Weights:
    """(clusters, phrases): the episodes of the cluster that say it times its rarity and worth."""
    clusters = int(labels.max()) + 1
    members = csr_matrix((np.ones(len(labels)), (labels, np.arange(len(labels)))))
    counts = (members @ said).toarray()
    rarity = np.log1p(counts.sum() / clusters / counts.sum(axis=0))
    words = np.array([phrase.count(" ") for phrase in phrases])
    chance = (words > 0) & (counts < _FEWEST_SAYING)
    weights: Weights = np.where(chance, 0, counts * rarity * np.array(_WORTH)[words])
    return weights


def _name(weights: Weights, phrases: Sequence[str]) -> str:
    """The phrases with the largest weights, no word twice, be it inflected."""
    chosen: list[str] = []
    words: list[str] = []
    for column in np.argsort(-weights, kind="stable"):
        phrase = str(phrases[column])
        if weights[column] == 0 or len(words) >= _WORDS_A_NAME:
            break
        if not any(_alike(word, other) for word in phrase.split() for other in words):
            chosen.append(phrase)
            words += phrase.split()
    return ", ".join(chosen)


def _alike(word: str, other: str) -> bool:
    """Whether one is an inflected form of the other, such as game and games."""
    return word.startswith(other[:-1]) or other.startswith(word[:-1])
