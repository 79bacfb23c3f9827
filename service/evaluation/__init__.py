"""Measures how well a corpus is ranked: `episode-search evaluate`.

`collection` makes questions and their answers, `evaluation` indexes a collection and measures it by
the `metrics` of each of the compared `systems` and by `confidence`, and `table` prints the figures.
"""
