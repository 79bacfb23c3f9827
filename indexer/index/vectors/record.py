"""What a manifest says about the vector index."""

from pydantic import BaseModel, ConfigDict

WANTED_RECALL = 0.98  # of the ten nearest by exact search


class IndexRecord(BaseModel):
    model_config = ConfigDict(frozen=True)

    kind: str
    metric: str
    parameters: dict[str, int | float | str]
    recall_at_10: float  # against exact search, of questions made of the corpus itself
