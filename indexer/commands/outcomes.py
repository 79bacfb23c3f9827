"""Prints what a build did."""

import sys
from pathlib import Path

from indexer.adaptation.adaptation import told_figures
from indexer.build import Outcome
from indexer.corpus import Rejection
from indexer.corpus.feeds.history import FeedRound
from indexer.errors import CorpusError

_REJECTIONS_PRINTED = 20


class Rejections:
    """Prints the first 20 rejections; raises CorpusError at the first one if strict."""

    def __init__(self, *, strict: bool) -> None:
        self.count = 0
        self._strict = strict

    def __call__(self, rejection: Rejection) -> None:
        if self._strict:
            raise CorpusError(f"{rejection}.")
        self.count += 1
        if self.count <= _REJECTIONS_PRINTED:
            print(f"{'note' if rejection.kept else 'skipped'}: {rejection}", file=sys.stderr)
        elif self.count == _REJECTIONS_PRINTED + 1:
            print("… further ones are only counted", file=sys.stderr)


def tell_feeds(rounds: list[FeedRound]) -> None:
    for each in rounds:
        if each.is_changed or each.failed_since:
            print(f"feed       {each}")


def tell_outcome(outcome: Outcome, root: Path, seconds: float) -> None:
    manifest, changes = outcome.manifest, outcome.changes
    print(f"read       {manifest.corpus.episodes:,} episodes")
    print(f"skipped    {manifest.corpus.skipped:,} records")
    print(f"merged     {manifest.corpus.merged:,} copies")
    print(
        f"episodes   {changes.new:,} new, {changes.changed:,} changed, "
        f"{changes.removed:,} removed, {changes.unchanged:,} unchanged"
    )
    if outcome.earlier and not outcome.earlier.embedded_by.is_same(manifest.embedded_by):
        print(f"model      {manifest.embedded_by.model}, changed: all texts are embedded again")
    if manifest.encoder.adaptation:
        print(f"adapted    {told_figures(manifest.encoder.adaptation)}")
    if outcome.texts:
        reused = outcome.texts - outcome.embedded
        print(f"texts      {outcome.embedded:,} embedded, {reused:,} reused")
    else:
        print("texts      none embedded: nothing has changed")
    found, wanted = manifest.index.recall_at_10, manifest.wanted_recall
    print(f"index      recall@10 {found:.3f}, wanted {wanted:g}")
    if outcome.seconds:
        stages = (f"{stage} {seconds:.1f}" for stage, seconds in outcome.seconds.items())
        print(f"seconds    {', '.join(stages)}")
    print(f"took       {seconds:.1f} s")
    print(f"in force   {root / manifest.snapshot_id}")
