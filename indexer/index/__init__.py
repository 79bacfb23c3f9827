"""What a question is answered from: vectors, words, clauses and filter columns."""
