"""The names of the files in a snapshot and beside it; no other module has them."""

import re
from pathlib import Path

from indexer.index.clause_index import ClauseFiles
from indexer.index.columns.filter_columns import ColumnFiles
from indexer.index.columns.labels import LabelFiles
from indexer.index.engine.entity_ids import EntityFiles
from indexer.index.said_index import SaidFiles
from indexer.index.said_search import SaidSearchFiles
from indexer.index.suggestions.suggestion_index import SuggestionFiles
from indexer.index.suggestions.word_list import WordFiles
from indexer.index.vectors.vector_index import VectorFiles
from indexer.index.words.forward_index import ForwardFiles
from indexer.storage.episode_store import EpisodeFiles

MANIFEST = "manifest.json"
PASSAGES = "passage_starts.npy"
LEXICAL = "lexical"
CALIBRATION = "calibration.json"
READINGS = "readings.npy"
SERIES = "series.npy"
MAP = "map.json"
ENCODER = "encoder"
RERANKER = "reranker"

CURRENT = "CURRENT"
EMBEDDINGS = "embeddings"
TRANSCRIPTS = "transcripts"
ADAPTERS = "adapters"
LOCK = ".lock"
STAGING = ".staging-"
STAMP = "%Y%m%dT%H%M%SZ"
NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{16}(-\d+)?")


def episode_files(directory: Path) -> EpisodeFiles:
    return EpisodeFiles(
        records=directory / "episodes.jsonl",
        offsets=directory / "episode_offsets.npy",
        ids=directory / "episode_ids.npy",
    )


def column_files(directory: Path) -> ColumnFiles:
    return ColumnFiles(
        labels=LabelFiles(
            names=directory / "labels.txt",
            name_starts=directory / "label_starts.npy",
            codes=directory / "labels_by_row.npy",
            code_starts=directory / "labels_by_row_starts.npy",
            rows=directory / "rows_by_label.npy",
            row_starts=directory / "rows_by_label_starts.npy",
        ),
        published=directory / "published.npy",
        durations=directory / "durations.npy",
        newest_first=directory / "newest_first.npy",
        date_ranks=directory / "date_ranks.npy",
    )


def suggestion_files(directory: Path) -> SuggestionFiles:
    return SuggestionFiles(
        names=directory / "suggestions.txt",
        name_starts=directory / "suggestion_starts.npy",
        kinds=directory / "suggestion_kinds.npy",
        owners=directory / "suggestion_owners.npy",
        merits=directory / "suggestion_merits.npy",
        first_words=directory / "suggestion_first_words.npy",
        words=WordFiles(
            words=directory / "suggestion_words.npy",
            counts=directory / "suggestion_word_counts.npy",
        ),
        entries=directory / "suggestions_by_word.npy",
        entry_starts=directory / "suggestions_by_word_starts.npy",
    )


def vocabulary_files(directory: Path) -> WordFiles:
    return WordFiles(words=directory / "vocabulary.npy", counts=directory / "vocabulary_counts.npy")


def vector_files(directory: Path) -> VectorFiles:
    return VectorFiles(vectors=directory / "vectors.f16", codes=directory / "codes.faiss")


def entity_files(directory: Path) -> EntityFiles:
    return EntityFiles(
        keys=directory / "entity_keys.npy",
        ids=directory / "entity_ids.npy",
        positions=directory / "entity_positions.npy",
    )


def said_files(directory: Path) -> SaidFiles:
    return SaidFiles(
        codes=directory / "said_codes.npy",
        scales=directory / "said_scales.npy",
        times=directory / "said_times.npy",
        starts=directory / "said_starts.npy",
        texts=directory / "said.bin",
        offsets=directory / "said_offsets.npy",
    )


def said_search_files(directory: Path) -> SaidSearchFiles:
    return SaidSearchFiles(words=directory / "said_words", codes=directory / "said.faiss")


def evidence_files(directory: Path) -> ClauseFiles:
    return ClauseFiles(
        codes=directory / "evidence_codes.npy",
        scales=directory / "evidence_scales.npy",
        spans=directory / "evidence_sentences.npy",
        starts=directory / "evidence_starts.npy",
    )


def forward_files(directory: Path) -> ForwardFiles:
    return ForwardFiles(
        numbers=directory / "word_numbers.npy",
        steps=directory / "word_steps.npy",
        starts=directory / "word_starts.npy",
    )
