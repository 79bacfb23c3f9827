"""The steps of a build; `indexer/build.py` runs them in order."""
