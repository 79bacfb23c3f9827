"""Where the vectors of a snapshot are, if not in its own files: in an engine outside this process.

`address` names the engine, `engine` says what one can do, `opening` opens it, and `milvus/` is the
one that there is, with `expression` for its filters and `wire` for its batches. `entity_ids` gives
every passage an id of its content, `upload` writes what has changed, `canary` measures what is
found, and `engine_index` reads. With FAISS no client library is imported.
"""
