"""The engine: begins, opens and publishes generations."""

from collections.abc import Sequence
from datetime import UTC, datetime

from indexer.errors import EngineMismatch
from indexer.index.engine.address import EngineAddress
from indexer.index.engine.engine import Kind
from indexer.index.engine.milvus.connection import Connection, NotFoundError
from indexer.index.engine.milvus.generation import MilvusGeneration
from indexer.index.engine.milvus.schema import clauses_of, generation_names, name_prefix

_MOST_EXACT = 4_000  # passages; with more, a graph is faster


class MilvusEngine:
    """A server, or Milvus Lite in this process; connects when it is first asked.

    After a failure, only `published` asks the server again, and the others fail at once until it
    has answered.
    """

    def __init__(self, address: EngineAddress, patience: float) -> None:
        """`patience` is the most seconds that a request takes."""
        self.connection = Connection(address, patience)
        self._at = address
        self._opened: MilvusGeneration | None = None  # last
        self._form = generation_names(address.name)

    @property
    def address(self) -> str:
        return self._at.public

    @property
    def most_exact(self) -> int:
        return 2**63 if self._at.is_file else _MOST_EXACT  # a graph of Milvus Lite finds too little

    def published(self) -> str | None:
        was_down = self.connection.is_down
        try:
            found = self.connection.ask(
                lambda client, wait: client.describe_alias(self._at.name, **wait), anyway=True
            )
        except NotFoundError:
            self.connection.recovered()
            self._refuse_collection()
            return None
        self.connection.recovered()
        name = str(found["collection_name"])
        if not self._form.fullmatch(name):
            raise EngineMismatch(
                f"{self.address}: the alias {self._at.name} points to {name}, which is no "
                "generation of Episode Search; take another name."
            )
        if was_down:  # a server may have been started again
            self._load_again()
        return name

    def generations(self) -> list[str]:
        names = self.connection.ask(lambda client, wait: client.list_collections(**wait))
        return sorted(filter(self._form.fullmatch, names), key=lambda name: name[-20:])

    def begin(self, kind: Kind, spare: Sequence[str] = ()) -> "MilvusGeneration":
        prefix = name_prefix(self._at.name, kind)
        for name in reversed([name for name in self.generations() if name in spare]):
            if name.startswith(prefix):
                found = MilvusGeneration(self.connection, name, kind)
                found.create()
                return found
        name = f"{prefix}{datetime.now(UTC):%Y%m%d%H%M%S%f}"
        made = MilvusGeneration(self.connection, name, kind, is_new=True)
        made.create()
        return made

    def open(self, name: str, kind: Kind) -> "MilvusGeneration":
        generation = MilvusGeneration(self.connection, name, kind)
        if not name.startswith(name_prefix(self._at.name, kind)):
            raise EngineMismatch(
                f"{self.address}: {name} is of another encoder or schema than the snapshot; build "
                "the snapshot again."
            )
        generation.load()
        self._opened = generation
        return generation

    def publish(self, name: str) -> None:
        before, alias = self.published(), self._at.name
        if before is None:
            self.connection.ask(lambda client, wait: client.create_alias(name, alias, **wait))
        elif before != name:
            self.connection.ask(lambda client, wait: client.alter_alias(name, alias, **wait))

    def unload(self, name: str) -> None:
        for each in (name, clauses_of(name)):
            self.connection.ask(
                lambda client, wait, each=each: client.release_collection(each, **wait)
            )

    def drop(self, name: str) -> None:
        for each in (clauses_of(name), name):
            self.connection.ask(
                lambda client, wait, each=each: client.drop_collection(each, **wait)
            )

    def _load_again(self) -> None:
        """The generation that is read, which need not be the one in force."""
        if self._opened and self._opened.name in self.generations():
            self._opened.load()

    def _refuse_collection(self) -> None:
        names = self.connection.ask(lambda client, wait: client.list_collections(**wait))
        if self._at.name in names:
            raise EngineMismatch(
                f"{self.address}: there is a collection of the name {self._at.name}, which is "
                "none of Episode Search; take another name."
            )
