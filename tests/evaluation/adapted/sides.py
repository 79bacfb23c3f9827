"""Indexes a collection with the base and with the adapted encoder."""

from pathlib import Path
from typing import NamedTuple

from indexer.adaptation.adaptation import Adaptation, Trial
from indexer.build import BuildOptions, build
from indexer.encoder.artifact import Artifact, prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import Model
from indexer.snapshot import Snapshot
from service.evaluation.collection import Collection


class Sides(NamedTuple):
    """The same episodes, indexed with either encoder."""

    base: Snapshot
    adapted: Snapshot


class Encoders(NamedTuple):
    base: Artifact
    adapted: Artifact

    @classmethod
    def of(cls, trial: Trial, adaptation: Adaptation) -> "Encoders":
        return cls(_exported(adaptation.base, adaptation), _exported(trial.model, adaptation))

    def indexed(self, collection: Collection, folder: Path) -> Sides:
        """Collections of one folder share the vectors of their equal texts; the last is in force.

        So measure a collection before the next is indexed there.
        """
        return Sides(*(_indexed(collection, folder, each) for each in self))


def _exported(model: Model, adaptation: Adaptation) -> Artifact:
    return prepare(model, adaptation.encoders, adaptation.precision, available_cpus())


def _indexed(collection: Collection, folder: Path, artifact: Artifact) -> Snapshot:
    place = folder / artifact.directory.name
    build([collection.corpus], place, artifact, BuildOptions(threads=available_cpus()))
    return Snapshot.current(place, threads=available_cpus())
