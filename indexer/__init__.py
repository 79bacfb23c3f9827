"""Offline indexer: turns a corpus of episodes into one immutable, checksummed snapshot.

`build` runs the pipeline: read the corpus, embed its texts, index vectors and words, lay out the
map, fit the calibration, publish. ARCHITECTURE.md says which package does what.
"""
