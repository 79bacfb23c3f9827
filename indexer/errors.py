"""The errors that this project raises on purpose.

EpisodeSearchError
├── CorpusError              a corpus, or a file of it, cannot be read
├── ModelError               an encoder model cannot be used
│   ├── ModelNotFound
│   ├── ModelMismatch        its files differ from the expected ones
│   ├── ExportRefused        its exported graph gives other vectors than the model
│   ├── DeviceMissing        the requested device cannot be used
│   └── AdaptationRefused    an encoder cannot be adapted to a corpus, or gains nothing by it
├── BuildInProgress          another build has locked the snapshot directory
├── TooManyLost              a new snapshot lacks too many episodes to be put in force
├── TooMuchChurn             the answers of a new snapshot differ too much to put it in force
├── EngineError              an engine outside this process cannot hold the index
│   ├── EngineMissing        the extra that speaks with it is not installed
│   ├── EngineUnavailable    it does not answer, or not in time
│   ├── EngineMismatch       what it holds, or its version, is not what is expected
│   └── GenerationRefused    a written generation is not whole, or finds too little
├── ClusterError             a cluster for embedding cannot be used
├── StoreError               an object store refuses, or does not answer
└── SnapshotError            a snapshot cannot be served
    ├── NoSnapshot           nothing is published yet
    ├── SnapshotDamaged      a file is missing, cut short or altered
    ├── SnapshotTooNew       written by a later format version
    ├── SnapshotTooOld       written by an earlier format version
    ├── SegmenterMissing     what finds its words is not installed
    └── UnknownEpisode       no episode has that id

Each message is one sentence that names the file or the field and says what to change.
"""


class EpisodeSearchError(Exception):
    """Base class of the errors whose messages are written for users."""


class CorpusError(EpisodeSearchError):
    pass


class ModelError(EpisodeSearchError):
    pass


class ModelNotFound(ModelError):
    pass


class ModelMismatch(ModelError):
    pass


class ExportRefused(ModelError):
    pass


class DeviceMissing(ModelError):
    pass


class AdaptationRefused(ModelError):
    pass


class BuildInProgress(EpisodeSearchError):
    pass


class TooManyLost(EpisodeSearchError):
    pass


class TooMuchChurn(EpisodeSearchError):
    pass


class ClusterError(EpisodeSearchError):
    pass


class StoreError(EpisodeSearchError):
    pass


class EngineError(EpisodeSearchError):
    pass


class EngineMissing(EngineError):
    pass


class EngineUnavailable(EngineError):
    pass


class EngineMismatch(EngineError):
    pass


class GenerationRefused(EngineError):
    pass


class SnapshotError(EpisodeSearchError):
    pass


class NoSnapshot(SnapshotError):
    pass


class SnapshotDamaged(SnapshotError):
    pass


class SnapshotTooNew(SnapshotError):
    pass


class SnapshotTooOld(SnapshotError):
    pass


class SegmenterMissing(SnapshotError):
    pass


class UnknownEpisode(SnapshotError):
    pass
