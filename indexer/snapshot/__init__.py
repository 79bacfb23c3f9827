"""One immutable directory that carries everything an answer needs.

`staging` writes one and `opened` reads it; `layout` alone knows its files by name, `integrity`
tells whether they are as they were written, and `retention` which snapshot is in force and which
are kept.
"""

from indexer.columns import NO_PODCAST, Columns, FacetCount
from indexer.evidence import TITLE
from indexer.filters import Selection
from indexer.indexes import Indexes
from indexer.lexical_index import Ranking
from indexer.segments import Positions, Rows
from indexer.sentences import Span
from indexer.snapshot.integrity import Depth, read_manifest, refuse_earlier, verify
from indexer.snapshot.opened import Snapshot
from indexer.snapshot.retention import building, current_name, names, prune, rollback, switch

__all__ = [
    "NO_PODCAST",
    "TITLE",
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
    "names",
    "prune",
    "read_manifest",
    "refuse_earlier",
    "rollback",
    "switch",
    "verify",
]
