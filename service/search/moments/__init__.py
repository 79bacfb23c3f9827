"""Finds the seconds of an episode at which a question is answered."""

from service.search.moments.moment_finder import Moment, MomentFinder, Record, timed

__all__ = ["Moment", "MomentFinder", "Record", "timed"]
