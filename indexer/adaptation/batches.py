"""Puts pairs into batches: each text of a batch is a wrong answer to the other questions.

Half of a batch are near neighbours of the other half, since texts that are far apart teach
nothing. Texts that may be right answers too are masked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.adaptation.pairs import Pair
from indexer.encoder import Vectors

_NEIGHBOURS = 16  # of each pair; one of them comes with it into its batch
_CHUNK = 1024  # rows whose similarities are in memory at a time
_ALIKE = 0.9  # from the mean cosine of two texts to 1: further, two are about the same

Places = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Material:
    """Pairs with the base encoder's vectors of their questions and texts, (pairs, dimension)."""

    pairs: Sequence[Pair]
    questions: Vectors
    texts: Vectors
    several_podcasts: bool

    def __len__(self) -> int:
        return len(self.pairs)


@dataclass(frozen=True)
class Batch:
    questions: list[str]
    texts: list[str]
    base_questions: Vectors
    base_texts: Vectors
    alike: Mask  # (questions, texts): may be right too, so no wrong answer; false on the diagonal


class Batches:
    """The batches of every step, the same for the same seed."""

    def __init__(self, material: Material, size: int, seed: int) -> None:
        self._material, self._size, self._seed = material, size, seed
        self._podcasts = _podcasts(material)
        self._alike_from = _alike_from(material.texts)
        self._near = self._neighbours()

    def at(self, step: int) -> Batch:
        material = self._material
        places = self._places(step)
        chosen = [material.pairs[place] for place in places]
        return Batch(
            questions=[pair.question for pair in chosen],
            texts=[pair.text for pair in chosen],
            base_questions=material.questions[places],
            base_texts=material.texts[places],
            alike=self._alike(places, chosen),
        )

    def _neighbours(self) -> Places:
        """(pairs, k): those with the nearest texts that are not alike and of another podcast."""
        texts, apart = self._material.texts, self._podcasts
        count = min(_NEIGHBOURS, len(texts) - 1)
        parts = []
        for start in range(0, len(texts), _CHUNK):
            rows = slice(start, start + _CHUNK)
            cosines = texts[rows] @ texts.T
            cosines[(cosines > self._alike_from) | (apart[rows, None] == apart[None, :])] = -1
            parts.append(np.argpartition(-cosines, count - 1, axis=1)[:, :count])
        return np.concatenate(parts)

    def _places(self, step: int) -> Places:
        """Half are the next of a shuffled order, half neighbours of these."""
        total, half = len(self._material), self._size // 2
        first = step * half
        turn = np.random.default_rng((self._seed, first // total)).permutation(total)
        seeds = turn[(first + np.arange(half)) % total]
        rng = np.random.default_rng((self._seed, step, 1))
        near = self._near[seeds, rng.integers(0, self._near.shape[1], half)]
        return np.unique(np.concatenate((seeds, near)))

    def _alike(self, places: Places, chosen: Sequence[Pair]) -> Mask:
        texts = self._material.texts[places]
        alike = texts @ texts.T > self._alike_from
        for values in ([pair.question for pair in chosen], [pair.text for pair in chosen]):
            _, codes = np.unique(values, return_inverse=True)
            alike |= codes[:, None] == codes[None, :]
        podcasts = self._podcasts[places]
        alike |= podcasts[:, None] == podcasts[None, :]
        np.fill_diagonal(alike, False)
        return alike


def _podcasts(material: Material) -> Places:
    """A number for each podcast; each pair has its own where the corpus has few podcasts."""
    if not material.several_podcasts:
        return np.arange(len(material))
    names = [pair.podcast or f"\n{place}" for place, pair in enumerate(material.pairs)]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _alike_from(texts: Vectors) -> float:
    """The cosine from which texts are alike; models differ in what is far apart."""
    mean = float(np.square(texts.mean(axis=0)).sum())
    return mean + _ALIKE * (1 - mean)
