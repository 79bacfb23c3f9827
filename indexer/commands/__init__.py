"""What `python -m indexer` runs, and the options of each command."""
