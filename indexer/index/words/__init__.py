"""The BM25 index, and the matcher of query terms in a text."""
