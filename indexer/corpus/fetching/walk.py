"""What an address leads to: its document, the feed's new place, and the pages that continue it."""

from dataclasses import dataclass, field, replace

from indexer.corpus.fetching.addresses import with_login_of
from indexer.corpus.fetching.answer import Answer, NotFetched
from indexer.corpus.fetching.exchange import Document, Exchange


@dataclass(slots=True)
class Walk:
    """From one address on."""

    exchange: Exchange
    notes: list[str] = field(default_factory=list)

    async def answer(self, address: str) -> Answer:
        """Raises NotFetched where the address gives nothing."""
        document = await self._at_new_place(await self.exchange.document(address))
        return Answer((document.kept.page,), document.moved_to, tuple(self.notes))

    async def _at_new_place(self, document: Document) -> Document:
        """What the feed's itunes:new-feed-url leads to, if that is a feed that stays there."""
        here, named = document.place, document.kept.links.new_address
        if named in (None, here, document.kept.page.address):
            return document
        place = with_login_of(here, str(named))
        try:
            found = await self.exchange.document(place)
        except NotFetched as failure:
            return self._stays(document, f"which {failure}")
        links = found.kept.links
        if not links.has_items:
            return self._stays(document, "which is no feed with items")
        if links.new_address not in (None, named, found.kept.page.address):
            return self._stays(document, "which names another in its turn")
        return replace(found, moved_to=found.moved_to or place)

    def _stays(self, document: Document, reason: str) -> Document:
        named = document.kept.links.new_address
        self.notes.append(f"names {named} as its new address, {reason}")
        return document
