"""The BM25 index, the forward index, and the terms of a question."""
