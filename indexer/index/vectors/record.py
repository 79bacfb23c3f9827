"""The manifest's record of the vector index."""

from pydantic import BaseModel, ConfigDict

WANTED_RECALL = 0.98  # recall@10 against exact search


class IndexRecord(BaseModel):
    model_config = ConfigDict(frozen=True)

    kind: str
    metric: str
    parameters: dict[str, int | float | str]
    recall_at_10: float  # against exact search, measured with synthetic questions of the corpus
