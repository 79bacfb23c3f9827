"""The terms of a question and their weights, found once for search, coverage and highlights."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from indexer.index.words.forward_index import TermShares


@dataclass(frozen=True)
class QuestionTerms:
    counts: Mapping[str, int]  # by term
    idf: Mapping[str, float]  # inverse document frequency of each term
    idf_of_unseen: float  # of a word that no episode has

    @cached_property
    def total_idf(self) -> float:
        return sum(count * self.idf[term] for term, count in self.counts.items())

    @property
    def weight(self) -> float:
        """The question's total idf, in units of a word that no episode has."""
        return self.total_idf / self.idf_of_unseen

    @cached_property
    def shares(self) -> dict[str, float]:
        """The share of each term in the question's total idf; the shares sum to 1."""
        return {term: n * self.idf[term] / self.total_idf for term, n in self.counts.items()}

    @cached_property
    def sought(self) -> TermShares:
        return TermShares.of(self.shares)
