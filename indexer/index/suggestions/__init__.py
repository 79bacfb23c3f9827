"""The names that a search box completes, and the words that a misspelling may mean."""
