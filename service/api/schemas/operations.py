"""Schemas of health, readiness, the snapshot in force, and problem details."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    status: Literal["ready"] = "ready"
    snapshot: str
    problem: Annotated[
        str | None,
        Field(
            description="Why a newer snapshot was refused, or cannot be asked for; "
            "after a reload also why the file of the API keys was."
        ),
    ] = None


class SnapshotBody(BaseModel):
    """The public part of the manifest."""

    snapshot_id: str
    format_version: int
    fingerprint: str
    built_at: str
    corpus: dict[str, Any]
    encoder: dict[str, Any]
    document_encoder: dict[str, Any] | None = None  # None: the documents have the same encoder
    reranker: dict[str, Any] | None
    index: dict[str, Any]
    versions: dict[str, str]


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: Annotated[str, Field(description="One sentence that says what to change.")]
