"""Images, compose, Kubernetes and systemd, as far as they can be checked without an engine."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.benchmarks.install import ASKED, build_wheel, outside
from tests.conftest import REPOSITORY
from tests.everywhere import AS_NOBODY, NOBODY, VARIANTS
from tests.service.cli.test_wheel import UNREACHABLE
from tests.test_server import serving

DEPLOY = REPOSITORY / "service" / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
MOST_EXPOSURE = 15  # tenths, as systemd-analyze counts; below 20 is its best grade
MOST_MEGABYTES = 270  # what the service adds to an image of Python, which has some 125


def tool(name: str) -> str:
    """Where the tool is, beside this Python or on the path; skips the test if it is missing."""
    found = shutil.which(name, path=Path(sys.executable).parent) or shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


def manifests() -> list[dict[str, Any]]:
    return [*yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())]


def containers() -> list[dict[str, Any]]:
    deployment, job = (next(m for m in manifests() if m["kind"] == kind) for kind in KINDS)
    specs = deployment["spec"], job["spec"]["jobTemplate"]["spec"]
    return [spec["template"]["spec"] for spec in specs]


KINDS = ("Deployment", "CronJob")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)


def test_the_dockerfile_passes_the_linter() -> None:
    linted = run(tool("hadolint"), "Dockerfile")

    assert (linted.returncode, linted.stdout) == (0, "")


def test_the_dockerfile_copies_what_exists_and_is_not_left_out() -> None:
    allowed = (REPOSITORY / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (REPOSITORY / "Dockerfile").read_text(), re.M)

    for path in (path for line in copied for path in line.split()):
        assert (REPOSITORY / path).exists(), path
        assert f"!{path.split('/')[0]}" in allowed, path


def stages() -> dict[str, tuple[str, str]]:
    """The image that each stage of the Dockerfile begins with, and its text."""
    parts = re.split(r"^FROM (\S+) AS (\S+)$", (REPOSITORY / "Dockerfile").read_text(), flags=re.M)
    return {name: (base, text) for base, name, text in zip(*[iter(parts[1:])] * 3, strict=True)}


@pytest.mark.parametrize("target", ["service", "indexer"])
def test_an_image_runs_as_a_user_without_rights(target: str) -> None:
    base, text = stages()[target]
    (user,) = re.findall(r"^USER (\S+)$", stages()[base][1], re.M)
    assert int(user) >= 1000
    assert "USER" not in text


def test_the_image_of_the_service_tells_its_health() -> None:
    (told,) = re.findall(r"^HEALTHCHECK (.*?)\n(?=[A-Z])", stages()["service"][1], re.M | re.S)
    command = json.loads(told[told.index("CMD ") + 4 :].replace("\\\n", ""))
    assert command[:2] == ["python", "-c"]
    assert "/readyz" in command[2]
    compile(command[2], "HEALTHCHECK", "exec")


def test_compose_is_valid_and_hardened() -> None:
    compose_spec = pytest.importorskip("compose_spec")
    text = (REPOSITORY / "compose.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    compose_spec.PyCompose.from_json(json.dumps(yaml.safe_load(text))).validate()

    assert {name: each["read_only"] for name, each in services.items()} == dict.fromkeys(
        ("index", "watch", "service"), True
    )
    assert services["service"]["volumes"] == ["snapshots:/snapshots:ro"]
    assert all(port.startswith("127.0.0.1:") for port in services["service"]["ports"])


def test_the_manifests_fit_the_schemas_of_kubernetes() -> None:
    validated = run(tool("kubernetes-validate"), "--strict", DEPLOY / "kubernetes.yaml")

    assert validated.returncode == 0, validated.stdout


def test_containers_run_as_nobody_on_a_file_system_that_they_cannot_write() -> None:
    for pod in containers():
        assert pod["securityContext"]["runAsNonRoot"]
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"]
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert not context["allowPrivilegeEscalation"]


def test_probes_ask_routes_that_need_no_key() -> None:
    (service,) = containers()[0]["containers"]
    probes = {name: each["httpGet"]["path"] for name, each in service.items() if "Probe" in name}

    assert probes == {
        "startupProbe": "/readyz",
        "readinessProbe": "/readyz",
        "livenessProbe": "/healthz",
    }


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_units_are_valid_and_hardened(unit: Path, tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    copy = tmp_path / unit.name
    copy.write_text(re.sub(r"/opt/episode-search/bin/\S+", "/bin/true", unit.read_text()))
    verified = run(analyze, "verify", copy)
    if "Failed to" in verified.stderr:
        pytest.skip(f"systemd-analyze cannot run here: {verified.stderr.splitlines()[0]}")
    exposed = run(
        analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSURE}", "--no-pager", copy
    )

    assert (verified.returncode, verified.stderr) == (0, "")
    assert exposed.returncode == 0, exposed.stdout.splitlines()[-1]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_documentation_that_a_unit_names_is_installed(unit: Path) -> None:
    (named,) = re.findall(r"^Documentation=file://(\S+)$", unit.read_text(), re.M)
    steps = re.findall(r"^sudo cp (\S+) (\S+/)\s", (DEPLOY / "README.md").read_text(), re.M)
    installed = {Path(folder) / Path(source).name: source for source, folder in steps}
    assert (REPOSITORY / installed[Path(named)]).exists()


def test_it_serves_what_it_cannot_write_as_another_user_without_a_home(
    tmp_path: Path, seed_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason := next(each for each in VARIANTS if each.name == "not-root").missing():
        pytest.skip(reason)
    snapshots, temporary = tmp_path / "snapshots", tmp_path / "tmp"
    shutil.copytree(seed_root, snapshots)
    for path in (snapshots, *snapshots.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    temporary.mkdir()
    temporary.chmod(0o777)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.setenv("TMPDIR", str(temporary))
    before = written(snapshots)

    with serving(snapshots, tmp_path / "log", "--workers=1", prefix=AS_NOBODY) as server:
        owner = Path(f"/proc/{server.process.pid}").stat().st_uid
        assert server.client.get("/search", params={"q": ASKED}).json()["answered"]
        assert server.stop() == 0

    assert owner == NOBODY
    assert written(snapshots) == before
    assert "Error" not in server.log


def written(folder: Path) -> dict[str, int]:
    """When each file was written, in nanoseconds."""
    return {str(path): path.stat().st_mtime_ns for path in (folder, *folder.rglob("*"))}


def test_the_steps_of_the_service_image_give_a_small_folder_that_answers(
    tmp_path: Path, seed_root: Path
) -> None:
    wheel = build_wheel(tmp_path)
    wheels, steps = tmp_path / "wheels", tmp_path / "steps"
    for folder in (wheels, steps):
        folder.mkdir()
    shutil.move(wheel, wheels)
    for file in (REPOSITORY / "constraints.txt", DEPLOY / "install.sh"):
        shutil.copy(file, steps)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    installed = subprocess.run(
        [steps / "install.sh", wheels, tmp_path / "app", ""],
        env=outside() | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode and UNREACHABLE.search(installed.stderr):
        pytest.skip("packages cannot be fetched here")
    assert installed.returncode == 0, installed.stderr

    files = (file for file in (tmp_path / "app").rglob("*") if not file.is_symlink())
    megabytes = sum(file.stat().st_size for file in files if file.is_file()) / 1e6
    print(f"the service image holds {megabytes:.0f} MB more than Python's")
    assert megabytes < MOST_MEGABYTES
    command = tmp_path / "app" / "bin" / "episode-search"
    asked = ("search", ASKED, "--json", "--snapshots", seed_root)
    answered = subprocess.run(
        [command, *asked], env=outside(), capture_output=True, text=True, check=True
    )
    assert json.loads(answered.stdout)["answered"]
