"""The BM25 index, and the matcher that finds query terms in a text."""
