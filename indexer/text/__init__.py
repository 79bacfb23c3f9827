"""What of an episode is embedded and indexed: sentences, passages, no boilerplate."""
