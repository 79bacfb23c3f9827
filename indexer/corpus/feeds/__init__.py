"""Readers of podcast feeds: `rss` for well-formed RSS 2.0, `lenient_feed` for everything else."""
