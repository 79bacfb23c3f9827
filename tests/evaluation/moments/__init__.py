"""Measures whether times in show notes are found, and the second at which a topic is said."""
