"""Indexes the words, filter columns and series of all episodes in one pass."""

from collections.abc import Iterator
from contextlib import closing

from indexer.corpus.series import series_of
from indexer.episode import Episode
from indexer.index.columns.filters import attributes_of
from indexer.snapshot.staging import Staging
from indexer.text.passages import lexical_parts


def build_lexical_index(staging: Staging, language: str) -> None:
    """Write the lexical index, the columns and the series; reads each episode once."""
    with staging.write_lexical(language) as add, closing(staging.write_columns()) as columns:

        def added() -> Iterator[Episode]:
            for row, episode in enumerate(staging.episodes()):
                attributes = attributes_of(episode)
                columns.add(attributes)
                add(row, "\n".join(lexical_parts(episode)), attributes)
                yield episode

        staging.write_series(series_of(added()))
