"""The names and the fields of the collections of a generation."""

import re
from typing import Any

from pymilvus import DataType

from indexer.index.engine.engine import Kind
from indexer.index.engine.expression import DURATION, LABELS, PUBLISHED
from indexer.index.engine.wire import MOST_BYTES

_SCHEMA = 1  # of the collections
MOST_LABELS = 4_096  # of an episode; Milvus keeps no more in an array


def generation_names(index: str) -> re.Pattern[str]:
    """Matches the names of the generations of an index; they end with the time."""
    return re.compile(rf"{re.escape(index)}_g(\d+)_([0-9a-f]{{12}})_(\d+)_(flat|graph)_\d{{20}}")


def name_prefix(index: str, kind: Kind) -> str:
    """What precedes the time."""
    how = "flat" if kind.exact else "graph"
    return f"{index}_g{_SCHEMA}_{kind.encoder}_{kind.dimension}_{how}_"


def clauses_of(name: str) -> str:
    """The collection of the clauses of a generation."""
    return f"{name}_clauses"


def passage_fields(dimension: int) -> list[dict[str, Any]]:
    return [
        {"field_name": "id", "datatype": DataType.INT64, "is_primary": True},
        {"field_name": "vector", "datatype": DataType.FLOAT_VECTOR, "dim": dimension},
        {
            "field_name": LABELS,
            "datatype": DataType.ARRAY,
            "element_type": DataType.INT64,
            "max_capacity": MOST_LABELS,
        },
        {"field_name": PUBLISHED, "datatype": DataType.INT64},
        {"field_name": DURATION, "datatype": DataType.DOUBLE},
    ]


def clause_fields() -> list[dict[str, Any]]:
    return [
        {"field_name": "id", "datatype": DataType.INT64, "is_primary": True},
        {"field_name": "packed", "datatype": DataType.VARCHAR, "max_length": MOST_BYTES},
        {"field_name": "none", "datatype": DataType.FLOAT_VECTOR, "dim": 2},  # there must be one
    ]
