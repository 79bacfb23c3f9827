"""Opens the engine of an address; only then is its client library imported."""

from indexer.index.engine.address import engine_address
from indexer.index.engine.engine import Engine

WRITING_SECONDS = 120.0


def open_engine(text: str, patience: float = WRITING_SECONDS) -> Engine | None:
    """None for FAISS; `patience` is the most seconds that a request takes.

    Raises EngineMismatch if `text` is no address, and EngineMissing.
    """
    address = engine_address(text)
    if address is None:
        return None
    from indexer.index.engine.milvus.engine import MilvusEngine

    return MilvusEngine(address, patience)
