"""The FAISS index, the vectors it refines with, its measured recall, the embedding cache."""
