"""The benchmark tools, applied to servers with known figures. No test asserts a speed."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from tests.benchmarks import baseline
from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.load import Answers, percentile
from tests.benchmarks.machine import machine
from tests.benchmarks.ratios import ratios
from tests.benchmarks.report import as_json, tables
from tests.benchmarks.rounds import PHASES, Round
from tests.benchmarks.server_run import Loaded, Phase, Script, ServerRun, run_server
from tests.benchmarks.servers import FirstAnswer, System, running
from tests.benchmarks.stages import Stages
from tests.benchmarks.systems import BASELINE, DENSE, SERVED, null
from tests.benchmarks.texts import episodes, questions
from tests.conftest import EPISODES, BuildFake

ONE_CLIENT = Phase(1)
TWO_AGAIN = Phase(2, repeated=True)


def commands() -> Iterator[str]:
    """The command lines of all running processes."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield file.read_text()


def ask(port: int, targets: str, *options: str) -> Answers:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load", str(port), *options],
        input=targets,
        capture_output=True,
        text=True,
        check=True,
    )
    return Answers(**json.loads(done.stdout))


def test_percentiles_use_the_nearest_rank() -> None:
    hundred = [float(value) for value in range(1, 101)]

    assert percentile(hundred, 0.50) == 50
    assert percentile(hundred, 0.99) == 99
    assert percentile([7.0], 0.99) == 7


def test_each_question_is_sent_once_and_counted_once() -> None:
    with running(null(answer_bytes=100_000)) as server:
        server.first_answer("/")
        answers = ask(server.port, "/a\n" * 500, "--clients", "4", "--seconds", "30")

    assert answers.answers == answers.of_all == 500
    assert answers.errors == {}
    assert answers.seconds < 30  # the load ends when the questions run out
    assert 0 < answers.p50_ms <= answers.p99_ms


def test_few_questions_are_repeated_until_the_time_is_up() -> None:
    options = ("--clients", "2", "--seconds", "0.2", "--warm-up", "0.1", "--cycle")
    with running(null(answer_bytes=10)) as server:
        server.first_answer("/")
        answers = ask(server.port, "/a\n/b\n", *options)

    assert answers.seconds == pytest.approx(0.2)
    assert 2 < answers.answers < answers.of_all  # answers of the warm-up do not count


def test_wrong_answers_and_lost_connections_are_errors() -> None:
    wrong = System("wrong", (*null(10).command, "--status", "503"), "/?q=")
    with running(wrong) as server:
        with pytest.raises(BenchmarkFailed, match="503"):
            server.first_answer("/")
        answers = ask(server.port, "/a\n" * 5, "--seconds", "30")
        port = server.port
    gone = ask(port, "/a\n", "--clients", "2")

    assert (answers.answers, answers.errors) == (0, {"status 503": 5})
    assert (gone.answers, gone.errors) == (0, {"ConnectionRefusedError": 2})


def test_questions_are_distinct_short_and_always_the_same() -> None:
    summaries = [episode["summary"] for episode in episodes(20)]
    asked = list(islice(questions(summaries), 2000))

    assert len(set(asked)) == 2000
    assert {len(question.split()) for question in asked} == set(range(5, 13))
    assert asked == list(islice(questions(summaries), 2000))
    with pytest.raises(ValueError, match="too few"):
        list(questions(["one two three four five six seven eight nine ten"]))


def test_the_service_is_measured_and_leaves_no_process_behind(
    root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    command = (sys.executable, "-m", "service", "--snapshots", str(root), "--port", "{port}")
    system = System("fake", command, "/search?q=")
    asked = {ONE_CLIENT: [f"jazz {n}" for n in range(10_000)], TWO_AGAIN: ["kafka & flink"]}
    script = Script("history of rome", asked, warm_up=0.1, seconds=0.3, hits=len(EPISODES))
    run = run_server(system, script)

    assert run.first.seconds > 0
    assert run.phases["1 distinct"].answers.answers > 0
    assert run.phases["2 repeated"].answers.answers > 0
    assert run.phases["2 repeated"].cpu_ms_an_answer > 0
    assert 20 < run.resident_mib < 2000
    with pytest.raises(BenchmarkFailed, match="4 hits, not 10"):
        run_server(system, replace(script, hits=10))
    assert not any(str(root) in command for command in commands())


def test_a_server_that_does_not_start_reports_its_log() -> None:
    broken = System("broken", (sys.executable, "-c", "raise SystemExit('no such port')"), "/")

    with pytest.raises(BenchmarkFailed, match="no such port"), running(broken) as server:
        server.first_answer("/")


def test_the_baseline_is_short_and_does_not_load_its_model_on_import() -> None:
    source = Path(baseline.__file__)
    check = "import sys, tests.benchmarks.baseline; sys.exit('torch' in sys.modules)"

    assert len(source.read_text().splitlines()) <= 50
    subprocess.run([sys.executable, "-c", check], check=True)


def a_life(
    rate: float, p50_ms: float, resident_mib: float, first_seconds: float, others: float = 0.0
) -> ServerRun:
    answers = Answers(int(rate * 2), int(rate * 3), 2.0, p50_ms, p50_ms * 2, {})
    loaded = {phase.name: Loaded(answers, 1.0, resident_mib, others) for phase in PHASES}
    return ServerRun(FirstAnswer(first_seconds, 10, 8000), loaded)


def test_ratios_are_computed_within_a_round_and_say_which_met_the_target() -> None:
    runs = {
        SERVED: a_life(rate=900, p50_ms=2, resident_mib=200, first_seconds=1),
        DENSE: a_life(rate=2000, p50_ms=1, resident_mib=200, first_seconds=1),
        BASELINE: a_life(rate=100, p50_ms=10, resident_mib=900, first_seconds=6),
    }
    null_answers = Answers(20000, 30000, 2.0, 1.0, 2.0, {})
    one = Round(runs, null_answers, encoder=2000, documents=100, reference_documents=50)
    got: dict[str, object] = {
        ratio.what: (ratio.dense, ratio.served, ratio.met) for ratio in ratios([one])
    }

    assert got["requests/s at 16 clients, over the baseline's"] == (20, 9, "dense only")
    assert got["requests/s at 16 clients, over txtai's"] == (None, None, "not measured")
    assert got["p50 of the baseline at one client, over ours"] == (10, 5, "yes")
    assert got["requests/s at 64 clients, over the bare encoder's questions/s"] == (
        1.0,
        0.45,
        "dense only",
    )
    assert got["documents/s, over SentenceTransformer.encode's"] == (2, None, "no")


def test_the_report_is_a_table_and_json() -> None:
    run = a_life(rate=1000, p50_ms=1, resident_mib=200, first_seconds=1)
    one = Round({SERVED: run, DENSE: run, BASELINE: run}, run.phases["1 distinct"].answers,
                encoder=2000, documents=100, reference_documents=50)  # fmt: skip
    facts = {
        "machine": machine(),
        "date": "today",
        "commit": None,
        "episodes": 1000,
        "seconds_a_load": 2.0,
        "stages": Stages({"encode": 0.7, "the rest": 0.5}, kib=120),
    }

    printed = tables(facts, [one, one])
    assert "| baseline   |       1 | distinct  | 1,000 (1,000–1,000) |" in printed
    assert "NOT QUIET" not in printed
    assert re.search(r"processor time of all +\| +1\.200 \|", printed)
    busy = a_life(rate=1000, p50_ms=1, resident_mib=200, first_seconds=1, others=0.5)
    disturbed = replace(one, runs={SERVED: busy, DENSE: busy, BASELINE: busy})
    assert "NOT QUIET" in tables(facts, [disturbed])
    figures = json.loads(json.dumps(as_json(facts, [one, one]), allow_nan=False))
    assert figures["systems"]["baseline"]["loads"]["64 distinct"]["requests_per_second"] == 1000
    assert len(figures["rounds"]) == 2
