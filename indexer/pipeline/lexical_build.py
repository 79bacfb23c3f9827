"""Indexes the words, filter columns and series of all episodes in one pass."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

from indexer.episode import Episode
from indexer.index.columns.filters import attributes_of
from indexer.snapshot.staging import Staging
from indexer.text.passages import lexical_parts, text_elsewhere
from indexer.text.series import series_of


def build_lexical_index(staging: Staging, language: str) -> None:
    """Write the lexical and the forward index, columns and series; reads each episode once."""
    with ExitStack() as writers:
        add = writers.enter_context(staging.write_lexical(language))
        words = writers.enter_context(closing(staging.write_words(language)))
        columns = writers.enter_context(closing(staging.write_columns()))

        def added() -> Iterator[Episode]:
            for row, episode in enumerate(staging.episodes()):
                attributes = attributes_of(episode)
                columns.add(attributes)
                add(row, "\n".join(lexical_parts(episode)), attributes)
                words.add(episode.summary, text_elsewhere(episode))
                yield episode

        staging.write_series(series_of(added()))
