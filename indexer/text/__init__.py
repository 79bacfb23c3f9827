"""The texts of an episode that are embedded and indexed: sentences, passages, no boilerplate."""
