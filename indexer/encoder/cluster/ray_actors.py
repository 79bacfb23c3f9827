"""Encoders in actors of Ray, each warm and with one processor of the cluster.

Actors and not Ray Data: its map_batches divides the rows anew when blocks are split or a node is
lost, and here the batches must stay as they are. Only this module imports ray, where it is used.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.encoder import Vectors
from indexer.encoder.artifact import Artifact
from indexer.encoder.cluster import EncodeAll
from indexer.encoder.parity_check import open_encoder
from indexer.encoder.record import EncoderRecord
from indexer.errors import ClusterError, ModelMismatch
from indexer.execution.dispatch import WorkerLost, map_in_pool

_NEEDED = "embedding by Ray needs ray; run pip install 'episode-search[ray]'"
_SECONDS_TO_START = 120.0  # for an actor to have its model
_SECONDS_TO_LOOK = 20.0  # for a node that was lost


@dataclass(frozen=True)
class RayCluster:
    """The cluster at `address`, as ray://host:port or host:port; None starts one, or finds one."""

    address: str | None

    @contextmanager
    def __call__(self, artifact: Artifact, precision: str) -> Iterator[EncodeAll]:
        """Raises ClusterError if Ray is missing, or the cluster does not answer."""
        ray = _imported()
        try:
            ray.init(self.address, log_to_driver=False, logging_level="ERROR")
        except Exception as error:  # of the network, of versions, of Ray itself
            place = self.address or "Ray"
            raise ClusterError(f"{place}: no cluster answers ({_line(error)}).") from error
        try:
            pool = _Actors(ray, artifact, precision)

            def encode_all(batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
                return map_in_pool(pool, map(list, batches))

            yield encode_all
        finally:
            ray.shutdown()


class WarmEncoder:
    """The encoder of one actor."""

    def __init__(self, files: dict[str, bytes], record: str, precision: str) -> None:
        """Raises ModelMismatch where this processor needs another precision."""
        with tempfile.TemporaryDirectory() as folder:  # the graph stays open without its files
            for name, content in files.items():
                target = Path(folder) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            described = EncoderRecord.model_validate_json(record)
            self._encoder = open_encoder(Path(folder), described, threads=1)
        if self._encoder.precision != precision:
            raise ModelMismatch(
                f"a node embeds in {self._encoder.precision}, and this build in {precision}; build "
                f"with --precision {self._encoder.precision}, or leave that node out."
            )

    def ready(self) -> bool:
        return True

    def encode(self, texts: list[str]) -> Vectors:
        return self._encoder.encode_documents(texts)


class _Actors:
    """The pool of `map_in_pool`: an actor for each processor of the cluster."""

    def __init__(self, ray: Any, artifact: Artifact, precision: str) -> None:
        self._ray = ray
        files = {name: (artifact.directory / name).read_bytes() for name in artifact.record.files}
        self._model = (ray.put(files), artifact.record.model_dump_json(), precision)
        # An actor that is lost is not restarted: its node may be gone, and its batches are sent on.
        self._kind = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(WarmEncoder)
        self._seconds = _SECONDS_TO_START

    def start(self) -> list[Any]:
        """Raises ModelMismatch, or what else opening the encoder raises on a node."""
        count = max(1, int(self._ray.available_resources().get("CPU", 0)))
        actors = [self._kind.remote(*self._model) for _ in range(count)]
        ready = {actor.ready.remote(): actor for actor in actors}
        done, late = self._ray.wait([*ready], num_returns=count, timeout=self._seconds)
        for each in late:
            self._ray.kill(ready[each])
        self._seconds = _SECONDS_TO_LOOK
        return [ready[each] for each in done if self._is_alive(each)]

    def submit(self, worker: Any, part: list[str]) -> Any:
        return worker.encode.remote(part)

    def wait(self, running: Sequence[Any]) -> Sequence[Any]:
        done, _ = self._ray.wait([*running], num_returns=1)
        return list(done)

    def result(self, running: Any) -> Any:
        errors = self._ray.exceptions
        try:
            return self._ray.get(running)
        except (errors.RayActorError, errors.ObjectLostError, errors.NodeDiedError) as error:
            raise WorkerLost from error
        except errors.RayTaskError as error:
            raise error.as_instanceof_cause() from error

    def _is_alive(self, started: Any) -> bool:
        try:
            return bool(self.result(started))
        except WorkerLost as lost:
            cause = getattr(lost.__cause__, "cause", None)
            if isinstance(cause, ModelMismatch):
                raise cause from lost
            return False


def _imported() -> Any:
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ClusterError(f"{_NEEDED} ({error.name} is missing).") from error
    return ray


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
