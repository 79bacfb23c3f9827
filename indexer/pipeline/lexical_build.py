"""Indexes the words, filter columns, series and suggestions of all episodes in one pass."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing

from indexer.episode import Episode
from indexer.index.columns.filters import attributes_of
from indexer.index.suggestions.suggestion_index import Entry, Kind, SuggestionWriter
from indexer.index.suggestions.word_list import words_in
from indexer.index.words.lexical_index import own_stemmer, stemmer
from indexer.index.words.words_of_text import own_stems
from indexer.snapshot.manifest import LexicalRecord
from indexer.snapshot.staging import Staging
from indexer.text.passages import lexical_parts, text_elsewhere, untimed
from indexer.text.series import series_of

_MOST_WORDS = 2_000_000  # of the vocabulary; rare ones are left out if there are more


def build_lexical_index(staging: Staging, lexical: LexicalRecord) -> None:
    """Write the lexical and the forward index, columns, series and suggestions.

    Reads each episode once.
    """
    vocabulary: Counter[str] = Counter()
    with closing(staging.write_suggestions()) as suggestions:
        _index_episodes(staging, lexical, suggestions, vocabulary)
        _add_labels(staging, suggestions)
    staging.write_vocabulary(vocabulary)


def _index_episodes(
    staging: Staging,
    lexical: LexicalRecord,
    suggestions: SuggestionWriter,
    vocabulary: Counter[str],
) -> None:
    language, stem = lexical.language, stemmer(lexical.language)
    with ExitStack() as writers:
        add = writers.enter_context(staging.write_lexical(language))
        words = writers.enter_context(closing(staging.write_words(language)))
        columns = writers.enter_context(closing(staging.write_columns()))

        def added() -> Iterator[Episode]:
            for row, episode in enumerate(staging.episodes()):
                attributes = attributes_of(episode)
                columns.add(attributes)
                parts = lexical_parts(episode)
                own = own_stemmer(episode.language, lexical.languages)
                stems = own_stems(" ".join(parts), stem, own) if own else []
                add(row, "\n".join([*parts, " ".join(stems)]), attributes)
                words.add(untimed(episode), text_elsewhere(episode), own)
                _count(vocabulary, parts)
                if episode.title:
                    suggestions.add(Entry(episode.title, "title", row), 1)
                yield episode

        staging.write_series(series_of(added()))


def _add_labels(staging: Staging, suggestions: SuggestionWriter) -> None:
    columns = staging.columns()
    kinds: tuple[Kind, ...] = ("podcast", "person", "tag")
    for kind in kinds:
        for place, (name, episodes) in enumerate(columns.counted(kind)):
            suggestions.add(Entry(name, kind, place), episodes)


def _count(vocabulary: Counter[str], parts: list[str]) -> None:
    vocabulary.update(set(words_in(" ".join(parts))))
    if len(vocabulary) > _MOST_WORDS:
        rare = [word for word, count in vocabulary.items() if count == 1]
        for word in rare:
            del vocabulary[word]
