"""What an address leads to: its document, the feed's new place, and the pages that continue it."""

from dataclasses import dataclass, field, replace

from indexer.corpus.fetching.addresses import with_login_of
from indexer.corpus.fetching.answer import Answer, NotFetched, Page
from indexer.corpus.fetching.exchange import Document, Exchange
from indexer.corpus.fetching.kept_page import KeptPage

_MOST_PAGES = 500


@dataclass(slots=True)
class Walk:
    """From one address on."""

    exchange: Exchange
    notes: list[str] = field(default_factory=list)
    whole: bool = True

    async def answer(self, address: str) -> Answer:
        """Raises NotFetched where the address gives nothing."""
        named = await self.exchange.document(address)
        feed = named.kept.links.feed
        document = named if feed is None else await self._of_web_page(named, feed)
        document = await self._at_new_place(document)
        pages = tuple(await self._pages(document))
        notes = tuple(self.notes)
        return Answer(pages, document.moved_to, notes, self.whole, by_web_page=feed is not None)

    async def _of_web_page(self, page: Document, feed: str) -> Document:
        """The feed that a web page names, one step on."""
        try:
            found = await self.exchange.document(with_login_of(page.place, feed))
        except NotFetched as failure:
            raise NotFetched(f"is a web page, and its feed {feed} {failure}") from failure
        return replace(found, moved_to=found.place)

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
        if not links.items:
            return self._stays(document, "which is no feed with items")
        if links.new_address not in (None, named, found.kept.page.address):
            return self._stays(document, "which names another in its turn")
        return replace(found, moved_to=found.moved_to or place)

    def _stays(self, document: Document, reason: str) -> Document:
        named = document.kept.links.new_address
        self.notes.append(f"names {named} as its new address, {reason}")
        return document

    async def _pages(self, first: Document) -> list[Page]:
        """The first document and those that continue it, until nothing new comes."""
        pages, read = [first.kept.page], {first.kept.links.items}
        asked = {first.address, first.place, first.kept.page.address}
        last, left = first.kept, self.exchange.bounds.most_bytes - first.kept.size
        while (named := last.links.continuation) and named not in asked:
            asked.add(named)
            if len(pages) == _MOST_PAGES:
                lack = f"has more than {_MOST_PAGES} pages, and the rest is not read"
                return self._without_rest(pages, lack)
            try:
                last = await self._continued(first, last, with_login_of(first.place, named))
            except NotFetched as failure:
                return self._without_rest(pages, f"its page {named} {failure}")
            left -= last.size
            if left < 0:
                return self._without_rest(pages, "its pages are larger than all may be together")
            if not last.links.items or last.links.items in read:
                break
            pages.append(last.page)
            read.add(last.links.items)
        if len(pages) > 1:
            first.kept.walked = True
        return pages

    async def _continued(self, first: Document, last: KeptPage, address: str) -> KeptPage:
        """The page at the address; an archive, and one whose first page is known, stays."""
        kept = KeptPage(self.exchange.directory, address)
        stays = first.kept.walked or last.links.next_page is None
        if stays and kept.is_fresh():
            return kept
        return (await self.exchange.document(address)).kept

    def _without_rest(self, pages: list[Page], lack: str) -> list[Page]:
        self.notes.append(f"{lack}; what it listed before is kept")
        self.whole = False
        return pages
