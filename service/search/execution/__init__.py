"""Runs searches in threads of their own: a bounded number, in batches where they can share."""
