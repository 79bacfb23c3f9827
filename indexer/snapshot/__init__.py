"""One immutable directory that holds everything an answer needs.

`staging` writes it and `snapshot` opens it, and `engine_record` binds it to the engine that has its
vectors; `layout` names its files, `manifest` describes it,
`integrity` verifies it, and `retention` says which snapshot is in force and which are kept.
"""

from indexer.index.clause_index import TITLE
from indexer.index.columns.filter_columns import NO_PODCAST, Columns, FacetCount
from indexer.index.columns.filters import Selection
from indexer.index.indexes import Indexes
from indexer.index.words.lexical_index import Ranking
from indexer.snapshot.engine_record import name_in_force
from indexer.snapshot.integrity import Depth, read_manifest, refuse_earlier, verify
from indexer.snapshot.layout import ADAPTERS, TRANSCRIPTS
from indexer.snapshot.retention import (
    building,
    current_name,
    follow,
    names,
    prune,
    prune_between_builds,
    publish,
    rollback,
    switch,
)
from indexer.snapshot.snapshot import Snapshot
from indexer.storage.segments import Positions, Rows
from indexer.text.sentences import Span

__all__ = [
    "ADAPTERS",
    "NO_PODCAST",
    "TITLE",
    "TRANSCRIPTS",
    "Columns",
    "Depth",
    "FacetCount",
    "Indexes",
    "Positions",
    "Ranking",
    "Rows",
    "Selection",
    "Snapshot",
    "Span",
    "building",
    "current_name",
    "follow",
    "name_in_force",
    "names",
    "prune",
    "prune_between_builds",
    "publish",
    "read_manifest",
    "refuse_earlier",
    "rollback",
    "switch",
    "verify",
]
