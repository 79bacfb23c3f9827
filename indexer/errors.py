"""Everything that can go wrong on purpose.

EpisodeSearchError
├── CorpusError              a corpus, or a file of it, cannot be read
├── ModelError               an encoder model cannot be used
│   ├── ModelNotFound
│   ├── ModelMismatch        its files are not the ones they should be
│   ├── ExportRefused        its exported graph does not give its vectors
│   └── DeviceMissing        there is no such device to run it on
├── BuildInProgress          another build holds the snapshot directory
├── TooManyLost              a new snapshot lacks too many episodes to be put in force
├── TooMuchChurn             a new snapshot answers too differently to be put in force
└── SnapshotError            a snapshot cannot be served
    ├── NoSnapshot           nothing is published yet
    ├── SnapshotDamaged      a file is missing, cut short or altered
    ├── SnapshotTooNew       written by a later format version
    ├── SnapshotTooOld       written by an earlier format version
    ├── SegmenterMissing     what finds its words is not installed
    └── UnknownEpisode       no episode has that id

Each message is one sentence that names the place and says what to change.
"""


class EpisodeSearchError(Exception):
    """Base of every error this project raises for its users to read."""


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


class BuildInProgress(EpisodeSearchError):
    pass


class TooManyLost(EpisodeSearchError):
    pass


class TooMuchChurn(EpisodeSearchError):
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
