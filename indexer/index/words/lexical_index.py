"""BM25 over stemmed terms. Only this module imports tantivy."""

import math
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import FieldType, Filter, Occur, Query

from indexer.index.columns.filters import NO_ATTRIBUTES, Attributes, Filters, Selection, label_key
from indexer.index.words.question_terms import QuestionTerms
from indexer.index.words.words_of_text import Stem
from indexer.storage.segments import Rows, Scores, are_in
from indexer.text import segmentation, written_words

KIND = "tantivy BM25"
DEFAULT_LANGUAGE = "english"
MOST_TERMS = 64  # a longer question is reduced to its most frequent terms

_MANY = 0.5  # a selection of more than this share is searched by filtering the best of all rows
_MARGIN = 1.3  # factor by which that search is deeper than the share needs
_WRITER_BYTES = 256_000_000
_ANALYZER = "episode_text"
_LEAST_LETTERS_MENDED = 5  # in a shorter word one typo may make another word
_LEAST_LETTERS_OF_A_PART = 5  # of a compound word
_MOST_ROWS_OF_ENDINGS = 100_000
_LONGEST_WORD = 64
_STEMS_KEPT = 100_000
_WORDS_KEPT = 10_000  # of questions

# Languages that tantivy stems, by their ISO 639-1 codes.
LANGUAGES = {
    **{"ar": "arabic", "da": "danish", "nl": "dutch", "en": "english", "fi": "finnish"},
    **{"fr": "french", "de": "german", "el": "greek", "hu": "hungarian", "it": "italian"},
    **{"no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian"},
    **{"es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish"},
}
_WORD = re.compile(r"\w+")
_SUBTAG_ENDS = re.compile("[-_]")
_COMPOUNDING = frozenset("danish dutch finnish german norwegian swedish".split())
# Words of English questions that are no stop words; "s" and "t" remain of words with apostrophes.
_QUESTION_WORDS = (
    "what which who whom whose when where why how do does did done have has had been being am i "
    "you your we our he she his her him me my mine us them its about from can could should would "
    "may might s t re ve ll d m episode episodes podcast show tell find"
).split()


class Ranking(NamedTuple):
    """Rows with their scores, best first."""

    rows: Rows
    scores: Scores
    upper_bound: float = 0.0  # no other row scores higher

    def at(self, places: slice | NDArray[np.bool_]) -> "Ranking":
        return Ranking(self.rows[places], self.scores[places], self.upper_bound)

    def scores_of(self, rows: Rows) -> Scores:
        """(rows,): scores of `rows`, in ascending order; `upper_bound` for rows not found."""
        scores = np.full(len(rows), self.upper_bound, np.float32)
        if len(rows):
            position = np.searchsorted(rows, self.rows)
            found = rows.take(position, mode="clip") == self.rows
            scores[position[found]] = self.scores[found]
        return scores


class AddText(Protocol):
    def __call__(self, row: int, text: str, attributes: Attributes = ...) -> None:
        """Add a row; each line of its text is a part of its own."""


@contextmanager
def lexical_writer(
    directory: Path, language: str = DEFAULT_LANGUAGE, *, coarse: bool = False
) -> Iterator[AddText]:
    """Gives a function that adds a row; commits at the end. Raises OSError if the disk is full.

    A coarse index has neither stop words nor how often and where a row has a word: a third of the
    bytes, for short texts. It finds no phrase.
    """
    directory.mkdir()
    with _os_errors():
        index = tantivy.Index(_schema("basic" if coarse else "position"), path=str(directory))
        stop_words = [Filter.stopword(language)] if coarse else []
        index.register_tokenizer(_ANALYZER, _analyzer(language, *stop_words))
        writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)

    def add(row: int, text: str, attributes: Attributes = NO_ATTRIBUTES) -> None:
        with _os_errors():
            spaced = written_words.indexed(segmentation.spaced(text))
            writer.add_document(_document(row, spaced, attributes))

    yield add
    with _os_errors():
        writer.commit()
        writer.wait_merging_threads()


@contextmanager
def _os_errors() -> Iterator[None]:
    """Raise OSError for a full disk, for which tantivy raises ValueError."""
    try:
        yield
    except ValueError as error:
        raise OSError(str(error)) from error


def _document(row: int, text: str, attributes: Attributes) -> tantivy.Document:
    document = tantivy.Document()
    document.add_unsigned("row", row)
    for part in text.split("\n"):  # a phrase does not go from one part to the next
        document.add_text("text", part)
    for label in attributes.labels:
        document.add_text("label", label_key(label))
    if attributes.published is not None:
        document.add_integer("published", attributes.published)
    if attributes.duration_s is not None:
        document.add_float("duration", attributes.duration_s)
    return document


@contextmanager
def _lockable(directory: Path) -> Iterator[Path]:
    """The directory, or if it is read-only, a temporary one with links to its files.

    tantivy opens an index only where it can create a lock file. The opened files stay open when
    the links are removed.
    """
    if os.access(directory, os.W_OK):
        yield directory
        return
    with tempfile.TemporaryDirectory(prefix="episode-search-lexical-") as links:
        for file in directory.resolve().iterdir():
            if file.suffix != ".lock":
                (Path(links) / file.name).symlink_to(file)
        yield Path(links)


class LexicalIndex:
    """Safe to share between threads."""

    def __init__(
        self,
        directory: Path,
        language: str = DEFAULT_LANGUAGE,
        *,
        segmented: bool = False,
        others: Sequence[str] = (),
    ) -> None:
        """`segmented`: texts whose script does not space its words were indexed by word.

        `others` are the further languages of the texts.
        """
        self.segmented = segmented
        self._others = [stemmer(name) for name in others]
        self._compounding = not _COMPOUNDING.isdisjoint((language, *others))
        with _lockable(directory) as lockable:
            index = tantivy.Index.open(str(lockable))
            index.register_tokenizer(_ANALYZER, _analyzer(language))
            index.config_reader("manual")
            self._schema = index.schema
            self._searcher = index.searcher()
        self._words = _analyzer(language)
        self.stem = stemmer(language)
        self._question_words = _analyzer(
            language,
            Filter.stopword(language),
            Filter.custom_stopword(_wording(language, segmented)),
        )
        self._spaced: Callable[[str], str] = segmentation.spaced if segmented else str
        # How many rows have a term, which each question asks twice.
        self._rows_with = lru_cache(_WORDS_KEPT)(partial(self._searcher.doc_freq, "text"))
        self._is_known = lru_cache(_WORDS_KEPT)(partial(_is_known, self._searcher, self._words))
        self._asked: Callable[[str], str] = partial(written_words.asked, is_known=self._is_known)

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def words(self, text: str) -> list[str]:
        """The stemmed words of a text as it is indexed, in order."""
        return list(self._words.analyze(written_words.indexed(self._spaced(text))))

    def terms(self, question: str) -> Counter[str]:
        """The terms of a question; stop words only if it has no others."""
        text = self._in_languages(self._asked(self._spaced(question)))
        return Counter(self._question_words.analyze(text) or self._words.analyze(text))

    def has(self, word: str) -> bool:
        """Whether a row has the word, or one of the same stem."""
        return self._is_known(word)

    def _in_languages(self, question: str) -> str:
        """The question with the stems of another language for words that more episodes have so."""
        if not self._others:
            return question
        return _WORD.sub(lambda word: self._most_frequent(word[0]), question)

    def _most_frequent(self, word: str) -> str:
        forms = [word, *(own(word) for own in self._others)]
        return max(forms, key=lambda form: self._frequency(form) if form else -1)

    def _frequency(self, word: str) -> int:
        stems = self._words.analyze(word)
        return max((self._rows_with(stem) for stem in stems), default=0)

    def idf(self, term: str) -> float:
        return self._idf(self._rows_with(term))

    def analyzed(self, question: str) -> QuestionTerms:
        """The terms of a question with their weights. No query syntax."""
        return self.weighed(self.terms(question))

    def weighed(self, counts: Mapping[str, int]) -> QuestionTerms:
        """The terms of a question, by their weights in these texts."""
        return QuestionTerms(counts, {term: self.idf(term) for term in counts}, self._idf(0))

    def search(self, question: QuestionTerms, k: int, among: Selection | None = None) -> Ranking:
        """The `k` best rows by BM25, as a share of the question's total idf.

        The score is 0 without a common word and about 1 if an episode has every word once or
        twice. Repeated words raise it, but it stays below 2.2 (BM25's k1 + 1).
        """
        heaviest = dict(Counter(question.counts).most_common(MOST_TERMS))
        return self._ranking(heaviest, question.total_idf, k, among)

    def search_weighted(
        self, weights: Mapping[str, float], k: int, among: Selection | None = None
    ) -> Ranking:
        """BM25 for terms whose weights are known; the weights sum to one."""
        return self._ranking({t: s / self.idf(t) for t, s in weights.items()}, 1, k, among)

    def saying(self, phrase: str) -> Rows:
        """The rows whose text has the stemmed words of a phrase in their order; ascending."""
        query = self._phrase(phrase)
        found = self._searcher.search(query, max(1, len(self)), count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in found])
        return np.sort(np.array(rows, np.int64))

    def _ranking(
        self, terms: Mapping[str, float], total_idf: float, k: int, among: Selection | None
    ) -> Ranking:
        query = self._query(terms)
        if query is None:
            return Ranking(np.empty(0, np.int64), np.empty(0, np.float32))
        rows, scores = self._best(query, k) if among is None else self._best_of(among, query, k)
        scores /= np.float32(total_idf)
        rest = float(scores[-1]) if len(rows) == k else 0.0
        return Ranking(rows, scores, rest)

    def _best(self, query: Query, k: int) -> tuple[Rows, Scores]:
        hits = self._searcher.search(query, k, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return np.array(rows, np.int64), np.array([score for score, _ in hits], np.float32)

    def _best_of(self, among: Selection, query: Query, k: int) -> tuple[Rows, Scores]:
        """The best of a selection; for a large one, filtering the best of all rows is faster."""
        share = len(among.rows) / len(self)
        if share > _MANY:
            enough = int(k / share * _MARGIN)
            rows, scores = self._best(query, enough)
            inside = are_in(rows, among.rows)
            if len(rows) < enough or inside.sum() >= k:
                return rows[inside][:k], scores[inside][:k]
        return self._best(self._narrowed(query, among.filters), k)

    def _narrowed(self, query: Query, filters: Filters) -> Query:
        """A query with the same scores that finds only rows that pass the filters."""
        conditions = [self._any_of(keys) for keys in filters.alternatives()]
        if published := filters.published_bounds():
            conditions.append(self._range("published", FieldType.Integer, published))
        if duration := filters.duration_bounds():
            conditions.append(self._range("duration", FieldType.Float, duration))
        conditions += map(self._phrase, filters.phrases)
        passing = [Query.const_score_query(condition, 0.0) for condition in conditions]
        parts = [(Occur.Must, part) for part in (query, *passing)]
        parts += [(Occur.MustNot, self._phrase(phrase)) for phrase in filters.without]
        return Query.boolean_query(parts)

    def is_said_outside(self, filters: Filters, phrase: str, question: str) -> bool:
        """Whether a row that does not pass says the phrase, and a term of the question if any."""
        terms = [Query.term_query(self._schema, "text", term) for term in self.terms(question)]
        passing = self._narrowed(Query.all_query(), filters)
        parts = [(Occur.Must, self._phrase(phrase)), (Occur.MustNot, passing)]
        if terms:
            any_term = Query.boolean_query([(Occur.Should, term) for term in terms])
            parts.append((Occur.Must, any_term))
        return bool(self._searcher.search(Query.boolean_query(parts), 1, count=False).hits)

    def _phrase(self, phrase: str) -> Query:
        """A query for a phrase; it finds nothing if the phrase has no word."""
        words: list[str | tuple[int, str]] = [*self.words(phrase)]
        if len(words) > 1:
            return Query.phrase_query(self._schema, "text", words)
        terms = [Query.term_query(self._schema, "text", word, "basic") for word in words]
        return Query.boolean_query([(Occur.Must, term) for term in terms])

    def _any_of(self, keys: list[str]) -> Query:
        terms = [Query.term_query(self._schema, "label", key, "basic") for key in keys]
        return Query.boolean_query([(Occur.Should, term) for term in terms])

    def _range(self, field: str, kind: FieldType, bounds: tuple[float, float]) -> Query:
        return Query.range_query(self._schema, field, kind, *bounds)

    def _query(self, terms: Mapping[str, float]) -> Query | None:
        parts = [self._term(term, weight) for term, weight in terms.items()]
        found = [(Occur.Should, part) for part in parts if part is not None]
        return Query.boolean_query(found) if found else None

    def _term(self, term: str, count: float) -> Query | None:
        if self._rows_with(term):
            query = Query.term_query(self._schema, "text", term, "freq")
            return query if count == 1 else Query.boost_query(query, float(count))
        compounds = self._compounds(term)
        found = self._as_heavy_as_a_term(compounds, count) if compounds else None
        if found is None and (near := self._near(term)):
            found = self._as_heavy_as_a_term(near, count)
        return found

    def _compounds(self, term: str) -> Query | None:
        """A query for the words that begin or end with a word that stands nowhere alone."""
        if not self._compounding or len(term) < _LEAST_LETTERS_OF_A_PART or not term.isalpha():
            return None
        ends = f"|.+{term}.?.?" if len(self) <= _MOST_ROWS_OF_ENDINGS else ""  # reads every word
        return Query.regex_query(self._schema, "text", f"{term}.+{ends}")

    def _near(self, term: str) -> Query | None:
        """A query for the words within one typo of a word that no episode has.

        For a single Chinese character, it finds the words of two characters that contain it.
        """
        if self.segmented and segmentation.is_han(term):
            return Query.regex_query(self._schema, "text", f"{term}.|.{term}")
        if len(term) < _LEAST_LETTERS_MENDED or term.isdigit():
            return None
        return Query.fuzzy_term_query(self._schema, "text", term, distance=1)

    def _as_heavy_as_a_term(self, near: Query, count: float) -> Query | None:
        # tantivy's types leave out `count`.
        found: int = self._searcher.search(near, 1, count=True).count  # type: ignore[attr-defined]
        # Such a query has a constant score: use that of an exact term with the same frequency.
        return Query.boost_query(near, count * self._idf(found)) if found else None

    def _idf(self, frequency: int) -> float:
        """BM25's inverse document frequency."""
        return math.log(1 + (len(self) - frequency + 0.5) / (frequency + 0.5))


def _wording(language: str, segmented: bool) -> list[str]:
    words = _QUESTION_WORDS if language == DEFAULT_LANGUAGE else []
    return [*words, *segmentation.question_words()] if segmented else words


def _is_known(searcher: tantivy.Searcher, words: tantivy.TextAnalyzer, word: str) -> bool:
    return any(searcher.doc_freq("text", stem) for stem in words.analyze(word))


def own_stemmer(language: str | None, among: Sequence[str]) -> Stem | None:
    """Gives stems of an episode's language; None if that is none of these."""
    name = LANGUAGES.get(_SUBTAG_ENDS.split(language or "", 1)[0].lower())
    return stemmer(name) if name in among else None


@lru_cache
def stemmer(language: str = DEFAULT_LANGUAGE) -> Stem:
    """Gives the stem of a word; "" if the text is no word, or several."""
    words = _analyzer(language)

    @lru_cache(_STEMS_KEPT)
    def stem(word: str) -> str:
        stems = words.analyze(word)
        return stems[0] if len(stems) == 1 else ""

    return stem


def _schema(kept: Literal["basic", "position"]) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", fast=True)
    builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option=kept)
    builder.add_text_field("label", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("published", fast=True)
    builder.add_float_field("duration", fast=True)
    return builder.build()


def _analyzer(language: str, *stop_words: Filter) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    plain = (Filter.remove_long(_LONGEST_WORD), Filter.lowercase(), Filter.ascii_fold())
    for step in (*plain, *stop_words, Filter.stemmer(language)):
        builder = builder.filter(step)
    return builder.build()
