"""The page of capacity has the tables that are printed, and the figures that they follow from."""

from pathlib import Path

import pytest

from indexer.snapshot import current_name, read_manifest
from tests.benchmarks.capacity import Assumed, Measured, of_snapshot, search_ms, tables
from tests.conftest import REPOSITORY, BuildFake

PAGE = (REPOSITORY / "indexer" / "capacity.md").read_text()
README = (REPOSITORY / "indexer" / "README.md").read_text()
TESTS = (REPOSITORY / "tests" / "README.md").read_text()


def test_the_page_has_what_the_command_prints() -> None:
    for table in tables(Measured(), Assumed()).split("\n\n"):
        assert table in PAGE


def test_the_measured_figures_are_those_of_the_documents() -> None:
    measured = Measured()
    hundred_thousand, million, ten_millions = measured.search_ms
    assert f"| 100,000 | .978 | {hundred_thousand:.2f} ms |" in README
    assert f"| 1,000,000 | .985 | {million:g} ms |" in README
    assert f"| {measured.resident:g} | 25 s |" in README
    assert f"| .953 | {ten_millions:g} ms |" in README
    assert f"| {measured.build_seconds:g} s |" in README
    assert f"minutes, {measured.build_gb:g} GB of memory" in README
    assert f"uses {measured.service_mib:g} MiB" in README
    assert f"embeds {measured.summaries_a_second:g} summaries per second" in TESTS
    least, most = measured.seconds_an_hour
    assert (
        f"{measured.passages_an_hour:g} passages, 60 KB on disk and {least:g} to {most:g}" in README
    )
    assert measured.bytes_an_hour == 60_000


def test_a_search_takes_what_was_measured_and_grows_on_beyond() -> None:
    measured = Measured()
    sizes = (1e4, 1e5, 1e6, 1e7)

    assert [search_ms(size, measured) for size in sizes] == pytest.approx([0.4, 0.4, 2.5, 6.9])
    assert search_ms(1e8, measured) == pytest.approx(6.9 * 6.9 / 2.5)


def test_the_bytes_of_an_episode_are_all_files_but_the_encoder(
    root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    files = read_manifest(root / current_name(root)).files
    size = sum(each.bytes for name, each in files.items() if not name.startswith("encoder/"))

    of_one, passages, clauses = of_snapshot(root)

    assert of_one.all == pytest.approx(size / 4)
    assert passages == pytest.approx(1, abs=0.3)
    assert clauses > 1
