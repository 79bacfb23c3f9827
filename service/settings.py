"""The settings of the service: each is an environment variable and a command-line option."""

import os
import sys
import warnings
from collections.abc import MutableMapping, Sequence
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from limits import parse_many
from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, CliApp, SettingsConfigDict

from indexer.encoder.cpu_count import available_cpus
from indexer.errors import EngineMismatch, StoreError
from indexer.index.engine.address import FAISS, engine_address, without_secret
from indexer.ranking.calibration import GOOD_MATCH
from indexer.storage.object_store import ObjectStore, is_address
from service.keys import Keys

PREFIX = "EPISODE_SEARCH_"
_ENGINE_SECONDS = 2.0

# Names of version 0.3; version 0.5 removes them.
_DEPRECATED = {
    "most_waiting": "max_waiting",
    "most_connections": "max_connections",
    "most_body_bytes": "max_body_bytes",
    "request_seconds": "request_timeout",
    "client_seconds": "client_timeout",
    "drain_seconds": "drain_timeout",
    "refresh_seconds": "refresh_interval",
    "slow_seconds": "slow_request_threshold",
}


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, cli_prog_name="python -m service", cli_kebab_case=True
    )

    snapshots: Annotated[
        Path | str,
        Field(description="where snapshots are published: a directory, or s3://bucket/prefix"),
    ] = Path(".snapshots")
    snapshot_cache: Annotated[
        Path | None,
        Field(description="directory for snapshots of object stores; without it, the user's cache"),
    ] = None
    max_snapshot_cache_bytes: Annotated[
        int, Field(ge=0, description="bytes that snapshots of object stores may take on the disk")
    ] = 21_474_836_480
    index: Annotated[
        str,
        Field(
            description="where vectors are: faiss, in the snapshot, milvus://host:19530/name, or "
            "milvus+file:path.db/name, which one process answers from"
        ),
    ] = FAISS
    keys: Annotated[
        Path | None,
        Field(description="file of API keys; without it, no request needs a key"),
    ] = None
    open_access: Annotated[
        bool, Field(description="accept requests from other machines without keys")
    ] = False
    host: Annotated[str, Field(description="the address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="the port to listen on")] = 8000
    workers: Annotated[
        int, Field(ge=0, le=256, description="worker processes; 0: one for each processor")
    ] = 0
    threads: Annotated[
        int,
        Field(
            ge=0,
            le=1024,
            description="threads of each worker; 0: divide the processors among the workers",
        ),
    ] = 0
    cached_questions: Annotated[
        int, Field(ge=0, description="question vectors that each worker caches")
    ] = 10_000
    cached_answers: Annotated[
        int, Field(ge=0, description="answers that each worker caches until the next snapshot")
    ] = 1_000
    max_cached_bytes: Annotated[
        int,
        Field(
            ge=0,
            description="bytes that cached questions may take in each process, and cached answers",
        ),
    ] = 67_108_864
    good_match: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="relevance from which a hit is a good match: answered, in the feed, and "
            "called so by the page",
        ),
    ] = GOOD_MATCH
    max_waiting: Annotated[
        int,
        Field(ge=1, description="questions that may wait in a worker, and as many other requests"),
    ] = 1024
    verify: Annotated[
        Literal["sampled", "full"],
        Field(description="how a snapshot of more than 256 MB is verified when it is opened"),
    ] = "sampled"
    request_timeout: Annotated[
        float,
        Field(gt=0, le=60, description="seconds a request may take without X-Request-Timeout"),
    ] = 5.0
    client_timeout: Annotated[
        float,
        Field(
            gt=0,
            le=3600,
            description="seconds a client has to send a request, and to read its answer",
        ),
    ] = 10.0
    drain_timeout: Annotated[
        int,
        Field(
            ge=0,
            le=3600,
            description="seconds that running requests have to finish when the service stops",
        ),
    ] = 10
    max_connections: Annotated[
        int,
        Field(
            ge=1,
            description="open connections of a worker, within the limit on open files",
        ),
    ] = 20_000
    max_body_bytes: Annotated[int, Field(ge=1, description="largest request body in bytes")] = (
        262_144
    )
    rate_limit: Annotated[
        str | None,
        Field(
            description="limits for each key, or each address without one: 20/second; 500/minute"
        ),
    ] = None
    cors_origins: Annotated[
        str | None,
        Field(description="origins of web pages that may send requests, separated by commas"),
    ] = None
    trusted_proxies: Annotated[
        str | None,
        Field(
            description="addresses or networks of proxies, separated by commas, whose "
            "X-Forwarded-For, -Proto, -Host and -Prefix headers count"
        ),
    ] = None
    root_path: Annotated[
        str,
        Field(
            pattern=r"^(/[\w.~-]+)*$",
            description="the path under which a proxy shows the service, such as /podcasts; the "
            "proxy removes it",
        ),
    ] = ""
    mcp: Annotated[bool, Field(description="answer agents at /mcp; needs the extra mcp")] = False
    refresh_interval: Annotated[
        float, Field(gt=0, le=3600, description="seconds between checks for a new snapshot")
    ] = 1.0
    log_level: Annotated[
        str, Field(pattern="^(debug|info|warning|error)$", description="least level that is logged")
    ] = "info"
    log_requests: Annotated[bool, Field(description="log every request")] = False
    log_questions: Annotated[bool, Field(description="log the questions of logged requests")] = (
        False
    )
    slow_request_threshold: Annotated[
        float,
        Field(ge=0, description="a request that takes this many seconds or more is logged as slow"),
    ] = 1.0

    tracing: Annotated[
        bool, Field(description="send traces to the collector that the OTEL_ variables name")
    ] = False

    @field_validator("snapshots")
    @classmethod
    def _can_be_opened(cls, place: Path | str) -> Path | str:
        if isinstance(place, Path) or not is_address(place):
            return Path(place)
        try:
            return ObjectStore(place).address
        except StoreError as error:
            raise ValueError(str(error).removesuffix(".")) from error

    @field_validator("tracing")
    @classmethod
    def _installed(cls, wanted: bool) -> bool:
        if wanted and not find_spec("opentelemetry.sdk"):
            raise ValueError("needs OpenTelemetry; run pip install 'episode-search[tracing]'")
        return wanted

    @field_validator("index")
    @classmethod
    def _has_client(cls, index: str) -> str:
        try:
            engine = engine_address(index)
        except EngineMismatch as error:
            raise ValueError(str(error).rstrip(".")) from None
        if engine and not find_spec("pymilvus"):
            raise ValueError("needs its client; run pip install 'episode-search[milvus]'")
        return index

    @field_validator("workers")
    @classmethod
    def _one_for_a_file(cls, workers: int, others: Any) -> int:
        engine = engine_address(others.data.get("index", FAISS))
        if engine and engine.is_file and workers > 1:
            raise ValueError("is more than the one process that can open the file of the index")
        return workers

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, proxies: str | None) -> str | None:
        for each in _listed(proxies):
            ip_network(each)
        return proxies

    @field_validator("mcp")
    @classmethod
    def _has_sdk(cls, wanted: bool) -> bool:
        if wanted and not find_spec("mcp"):
            raise ValueError("needs the MCP SDK; run pip install 'episode-search[mcp]'")
        return wanted

    @field_validator("keys")
    @classmethod
    def _readable(cls, file: Path | None) -> Path | None:
        if file:
            Keys.read(file)
        return file

    @field_validator("rate_limit")
    @classmethod
    def _parsed(cls, limits: str | None) -> str | None:
        if limits:
            parse_many(limits)
        return limits

    @field_validator("host")
    @classmethod
    def _not_open_by_accident(cls, host: str, others: Any) -> str:
        if is_loopback(host) or others.data.get("keys") or others.data.get("open_access"):
            return host
        raise ValueError(
            "can be reached from other machines: give a file of API keys with --keys, or set "
            "--open-access=true"
        )

    @classmethod
    def from_command_line(cls) -> Self:
        """The settings: options override variables, variables override defaults.

        Raises ValidationError.
        """
        rename_variables(os.environ)
        return CliApp.run(cls, cli_args=renamed_options(sys.argv[1:]))

    @property
    def proxies(self) -> list[str]:
        return _listed(self.trusted_proxies)

    @property
    def threads_a_worker(self) -> int:
        return self.threads or max(1, available_cpus() // self.processes)

    @property
    def processes(self) -> int:
        engine = engine_address(self.index)
        return self.workers or (1 if engine and engine.is_file else available_cpus())

    @property
    def engine_patience(self) -> float:
        """Seconds that an engine has to answer, within which a request can still be refused."""
        return min(_ENGINE_SECONDS, self.request_timeout / 2)


def rename_variables(environment: MutableMapping[str, str]) -> None:
    """Set the current name of each variable that has a deprecated one, and warn."""
    for old, new in _DEPRECATED.items():
        old_name, new_name = f"{PREFIX}{old.upper()}", f"{PREFIX}{new.upper()}"
        if old_name in environment:
            _warn(old_name, new_name)
            environment.setdefault(new_name, environment.pop(old_name))


def renamed_options(arguments: Sequence[str]) -> list[str]:
    """The arguments with the current name for each deprecated option; warns about each."""
    return [_renamed_option(argument) for argument in arguments]


def _renamed_option(argument: str) -> str:
    name, equals, value = argument.partition("=")
    new = _DEPRECATED.get(name.removeprefix("--").replace("-", "_"))
    if not name.startswith("--") or new is None:
        return argument
    option = f"--{new.replace('_', '-')}"
    _warn(name, option)
    return f"{option}{equals}{value}"


def _warn(old: str, new: str) -> None:
    warnings.warn(f"{old} is deprecated; use {new}.", FutureWarning, stacklevel=3)


def _listed(names: str | None) -> list[str]:
    return [name.strip() for name in (names or "").split(",") if name.strip()]


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def explain(error: ValidationError) -> str:
    """One sentence for each wrong setting: its name, its value, and what it may be."""
    return "\n".join(
        f"{PREFIX}{'_'.join(map(str, problem['loc'])).upper()} is "
        f"{without_secret(repr(problem['input']))}: {_reason(problem)}."
        for problem in error.errors()
    )


def _reason(problem: ErrorDetails) -> str:
    """Our own message, or pydantic's in lower case."""
    ours = problem.get("ctx", {}).get("error")
    return str(ours) if ours else problem["msg"].lower()
