"""Builds that adapt the encoder."""

import json
import re
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.__main__ import main
from indexer.adaptation.adaptation import Adaptation, Trial
from indexer.adaptation.adapters import Adapters, Sketch, Verdict
from indexer.encoder.model import AdaptationRecord, resolve_model
from indexer.episode import Episode
from indexer.errors import AdaptationRefused
from indexer.ranking.calibration.prior import PRIOR
from indexer.snapshot import current_name, read_manifest
from indexer.snapshot.manifest import Manifest
from indexer.snapshot.snapshot import Snapshot
from indexer.storage.checksums import sha256_of
from indexer.storage.episode_store import EpisodeFiles, EpisodeStore, EpisodeWriter
from tests.indexer.adaptation import topics


def _manifest(out: Path) -> Manifest:
    return read_manifest(out / current_name(out))


def _build(corpus: Path, model: Path, out: Path, *more: str) -> tuple[str, ...]:
    options = ("--model", str(model), "--precision", "fp32", "--threads", "1", "--device", "cpu")
    return ("build", "--corpus", str(corpus), "--out", str(out), *options, *more)


def _embedded(told: str) -> int:
    found = re.search(r"texts +([\d,]+) embedded", told)
    assert found, told
    return int(found[1].replace(",", ""))


def test_a_build_adapts_and_a_reindex_keeps_the_adapter(
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A model that knows nothing has nothing to forget.
    monkeypatch.setattr("indexer.adaptation.adaptation._STRENGTHS", (1.0,))
    monkeypatch.setattr("indexer.pipeline.index_build.DEFAULT_NAME", str(tiny_model))
    corpus, out = tmp_path / "corpus.jsonl", tmp_path / "out"
    topics.write(corpus, [replace(each, language="en") for each in topics.episodes()])
    code = main([*_build(corpus, tiny_model, out, "--adapt", "--adapt-minutes", "60")])
    built = capsys.readouterr()

    assert code == 0, built.err
    first = _manifest(out)
    adaptation = first.encoder.adaptation
    assert adaptation, built.err
    assert adaptation.figures["titles"].low > 0
    assert "adapted    titles 0." in built.out
    assert Path(first.encoder.model) == tiny_model
    asked = Snapshot.current(out).encoder.encode_queries(["kafka flink stream"])
    assert Snapshot.current(out).calibration == PRIOR

    reindex = ["reindex", "--out", str(out), "--threads", "1", "--device", "cpu"]

    assert main(reindex) == 0
    assert _manifest(out) == first
    with corpus.open("a") as file:
        file.write(json.dumps({"id": "new", "summary": "rome and jazz, told by people."}) + "\n")
    assert main(reindex) == 0
    second = _manifest(out)
    assert second.snapshot_id != first.snapshot_id
    assert second.encoder == first.encoder
    assert _embedded(capsys.readouterr().out) < 10 < _embedded(built.out)
    assert (Snapshot.current(out).encoder.encode_queries(["kafka flink stream"]) == asked).all()


@pytest.mark.parametrize(
    "corpus",
    [
        [replace(each, title=None) for each in topics.episodes(2, 25)],
        [replace(each, summary="rome rome rome rome rome rome") for each in topics.episodes()],
        topics.episodes(2, 4),
    ],
    ids=["no titles", "one text", "eight episodes"],
)
def test_a_corpus_that_is_too_small_is_told_and_the_base_goes_on(
    corpus: list[Episode], tiny_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = EpisodeStore(_stored(corpus, tmp_path))
    adaptation = _adaptation(tiny_model, tmp_path)

    chosen = adaptation(store)

    assert chosen
    assert chosen.artifact.record.adaptation is None
    (message,) = [r.getMessage() for r in caplog.records if r.name.startswith("indexer")]
    assert re.fullmatch(
        r"The encoder is not adapted, and the base goes on: the corpus is too small, with \d+ "
        r"pairs to learn from and \d+ titles to ask of what is held out, and 300 and 30 are "
        r"needed; add episodes with titles and summaries in a language of the model\.",
        message,
    )


def test_episodes_in_languages_that_the_model_does_not_know_are_left_out(
    tiny_model: Path, tmp_path: Path
) -> None:
    french = [replace(each, language="fr") for each in topics.episodes()]
    english = replace(resolve_model(str(tiny_model)), languages=("en",))
    adaptation = replace(_adaptation(tiny_model, tmp_path), base=english)

    with pytest.raises(AdaptationRefused, match="too small, with 0 pairs"):
        adaptation.trial(french, Sketch(hashes=()))


def test_an_adapter_that_is_gone_is_told_and_the_base_goes_on(
    tiny_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    adaptation = replace(_adaptation(tiny_model, tmp_path), adapter="0" * 64)

    assert adaptation.in_use == adaptation.base
    assert caplog.messages == [
        f"The base encoder goes on: {tmp_path / 'adapters'}: the adapter in force is no longer "
        "there; add --adapt to adapt it anew."
    ]


def test_an_adapter_is_trained_anew_when_most_episodes_are_new_to_it(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    episodes = topics.episodes()
    store = EpisodeStore(_stored(episodes, tmp_path))
    known, fewer = store.id_hashes(), store.id_hashes()[:100]
    adaptation = replace(_adaptation(tiny_model, tmp_path), asked=False)
    asked = []

    def trial(_: Adaptation, episodes: Iterable[Episode], sketch: Sketch) -> Trial:
        asked.append(sketch)
        raise AdaptationRefused(f"{len(list(episodes))} episodes")

    monkeypatch.setattr(Adaptation, "trial", trial)
    same = replace(adaptation, adapter=_trained(adaptation, Sketch.of(known), "a"))
    grown = replace(adaptation, adapter=_trained(adaptation, Sketch.of(fewer), "b"))

    assert same.in_use.adapter == adaptation.adapters.weights("a")
    assert same(store) is None
    assert not asked
    assert grown(store)
    assert asked == [Sketch.of(known)]


def test_adapters_that_no_snapshot_uses_are_removed(tiny_model: Path, tmp_path: Path) -> None:
    adaptation = _adaptation(tiny_model, tmp_path)
    sketch = Sketch(hashes=(1,))
    used, unused, newest = (_trained(adaptation, sketch, key) for key in ("used", "old", "new"))

    adaptation.prune({used})

    assert replace(adaptation, adapter=used).in_use.adapter
    assert not replace(adaptation, adapter=unused).in_use.adapter
    assert replace(adaptation, adapter=newest).in_use.adapter


def test_less_of_the_weights_is_taken_where_all_of_them_forget_too_much(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["general questions lose more than 0.02", None, None])
    monkeypatch.setattr("indexer.adaptation.adaptation.refusal", lambda _: next(answers))
    monkeypatch.setattr("indexer.adaptation.adaptation._STEPS", 2)
    adaptation = _adaptation(tiny_model, tmp_path)

    trial = adaptation.trial(topics.episodes(), Sketch(hashes=()))

    assert trial.verdict.refused is None
    assert trial.verdict.adaptation.strength == 0.5
    exported = {each.name.split("-")[0] for each in (tmp_path / "encoders").glob("*-*")}
    assert exported == {adaptation.base.fingerprint, trial.model.fingerprint}


@pytest.mark.parametrize("minutes", ["0", "-1", "soon", "nan"])
def test_minutes_must_be_above_zero(minutes: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["build", "--corpus", "x", "--out", "y", "--adapt", "--adapt-minutes", minutes])

    assert f"{minutes} is no time; give minutes above 0, such as 10" in capsys.readouterr().err


def _stored(episodes: list[Episode], folder: Path) -> EpisodeFiles:
    files = EpisodeFiles(folder / "records", folder / "offsets.npy", folder / "ids.npy")
    with closing(EpisodeWriter(files)) as writer:
        for episode in episodes:
            writer.add(episode)
    return files


def _trained(adaptation: Adaptation, sketch: Sketch, key: str) -> str:
    """Write an adapter that does nothing; returns its SHA-256."""
    adaptation.adapters.checkpoint(key)
    weights = {f"{key}.A": np.zeros(1, np.float32)}
    adapter = sha256_of(adaptation.adapters.write_weights(key, weights))
    record = AdaptationRecord(
        base=adaptation.base.fingerprint,
        adapter=adapter,
        pairs=1,
        steps=1,
        seconds=1,
        seed=1,
        figures={},
    )
    adaptation.adapters.write_verdict(key, Verdict(adaptation=record, sketch=sketch, refused=None))
    return adapter


def _adaptation(model: Path, folder: Path) -> Adaptation:
    return Adaptation(
        base=resolve_model(str(model)),
        adapters=Adapters(folder / "adapters"),
        encoders=folder / "encoders",
        precision="fp32",
        device="cpu",
        threads=1,
        minutes=5,
        asked=True,
    )
