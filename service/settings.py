"""Every knob of the service, once; each is an environment variable and a command-line option."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, CliApp, SettingsConfigDict

from indexer.encoder.threads import available_cpus

PREFIX = "EPISODE_SEARCH_"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, cli_prog_name="python -m service", cli_kebab_case=True
    )

    snapshots: Annotated[Path, Field(description="where snapshots are published")] = Path(
        ".snapshots"
    )
    host: Annotated[str, Field(description="the address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="the port to listen on")] = 8000
    workers: Annotated[
        int, Field(ge=0, le=256, description="processes that answer; 0: one a processor")
    ] = 0
    threads: Annotated[
        int, Field(ge=0, le=1024, description="threads a process computes with; 0: all, shared out")
    ] = 0
    cached_questions: Annotated[
        int, Field(ge=0, description="questions whose vectors are remembered, a process")
    ] = 10_000
    cached_answers: Annotated[
        int, Field(ge=0, description="answers that are remembered, a process, until a new snapshot")
    ] = 1_000
    most_waiting: Annotated[
        int, Field(ge=1, description="questions that may wait before one is turned away")
    ] = 1024
    verify: Annotated[
        Literal["sampled", "full"],
        Field(description="how a snapshot of over 256 MB is checked when it is opened"),
    ] = "sampled"
    refresh_seconds: Annotated[
        float, Field(gt=0, le=3600, description="seconds between looks for a new snapshot")
    ] = 1.0
    log_level: Annotated[
        str, Field(pattern="^(debug|info|warning|error)$", description="what is logged")
    ] = "info"

    @classmethod
    def from_command_line(cls) -> Self:
        """Options over environment over defaults. Raises ValidationError."""
        return CliApp.run(cls)

    @property
    def threads_a_worker(self) -> int:
        return self.threads or max(1, available_cpus() // self.processes)

    @property
    def processes(self) -> int:
        return self.workers or available_cpus()


def explain(error: ValidationError) -> str:
    """One sentence a wrong setting: its name, what it was, what it may be."""
    return "\n".join(
        f"{PREFIX}{'_'.join(map(str, problem['loc'])).upper()} is {problem['input']!r}: "
        f"{problem['msg'].lower()}."
        for problem in error.errors()
    )
