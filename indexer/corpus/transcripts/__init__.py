"""Reads what is said in an episode, with its times, and the chapters that a file tells.

WebVTT, SRT, JSON of Podcasting 2.0 and of Whisper, HTML, and text with times.
"""

from indexer.corpus.transcripts.cues import Cue, NoTranscript, Transcript
from indexer.corpus.transcripts.reading import read_chapters_file, read_transcript

__all__ = ["Cue", "NoTranscript", "Transcript", "read_chapters_file", "read_transcript"]
