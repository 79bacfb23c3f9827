"""Writes a snapshot of the current format beside this file; it is committed and never changed."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from indexer.build import build
from indexer.snapshot.manifest import FORMAT_VERSION, Manifest, sealed
from tests.conftest import EPISODES
from tests.fakes import fake_artifact


def main() -> None:
    target = Path(__file__).with_name(f"format-{FORMAT_VERSION}")
    shutil.rmtree(target, ignore_errors=True)
    with TemporaryDirectory() as directory:
        corpus = Path(directory) / "corpus.jsonl"
        corpus.write_text("".join(json.dumps(episode) + "\n" for episode in EPISODES))
        outcome = build([corpus], target, fake_artifact(Path(directory) / "encoder"))
    _forget_where(target / outcome.manifest.snapshot_id / "manifest.json")
    (target / ".lock").unlink()
    shutil.rmtree(target / "embeddings")


def _forget_where(manifest: Path) -> None:
    """Remove the path of the corpus from the manifest, since that directory is gone."""
    fields = json.loads(manifest.read_text())
    fields["corpus"]["sources"] = ["corpus.jsonl"]
    manifest.write_bytes(sealed(Manifest.model_validate(fields)))


if __name__ == "__main__":
    main()
