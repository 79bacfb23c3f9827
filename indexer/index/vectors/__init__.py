"""The FAISS index, the vectors for exact comparison, measured recall, and the embedding cache."""
