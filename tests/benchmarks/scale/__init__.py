"""Measures the cost of growing corpora: `python -m tests.benchmarks.scale`, or `make bench-scale`.

synthetic_vectors  vectors with the neighbour cosines of real episodes and titles
stages             one size of the index: built, then opened and asked, in separate processes
corpora            synthetic episodes with the word frequencies of real ones
given              an encoder that derives vectors from a hash of the text, at almost no cost
whole              one size of everything: built by the real pipeline, opened, asked over HTTP
report             a row for each size, and a plot
"""
