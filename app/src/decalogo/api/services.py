"""The services that routes use, created once per process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from decalogo.access.hosts import HostStore
from decalogo.access.sessions import SessionStore
from decalogo.access.shares import ShareStore
from decalogo.access.tokens import Token, TokenStore
from decalogo.api.rate_limits import RateLimits
from decalogo.audit.log import AuditLog, open_audit_log
from decalogo.batches.fencing import ClaimCheck
from decalogo.batches.idempotency import IdempotencyKeys
from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.listing import Listing
from decalogo.batches.operations import BatchOperations
from decalogo.connections import connect
from decalogo.queue.publish import publish
from decalogo.rendering.pictures import PagePictures
from decalogo.rendering.renderer import Renderer
from decalogo.reviews.store import ReviewStore
from decalogo.settings import Settings, TierSettings
from decalogo.storage.artifacts import ArtifactStore


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one process; connections are opened on first use.

    Attributes:
        publish: tells the workers about documents, given as pairs of id and lane; may raise.
    """

    settings: Settings
    ledger: Ledger
    store: ArtifactStore
    tokens: TokenStore
    idempotency: IdempotencyKeys
    sessions: SessionStore
    shares: ShareStore
    pictures: PagePictures
    reviews: ReviewStore
    audit_log: AuditLog
    listing: Listing
    rate_limits: RateLimits
    hosts: HostStore
    claims: ClaimCheck
    publish: Callable[[Iterable[tuple[str, str]]], None]

    @property
    def operations(self) -> BatchOperations:
        """Cancel, retry and delete of batches."""
        return BatchOperations(self.ledger, self.store)

    def limits(self, token: Token) -> TierSettings:
        """Return the limits of a token's tier."""
        tier: TierSettings = getattr(self.settings.api, token.tier.value)
        return tier


def open_services(settings: Settings) -> Services:
    """Open the services of one process."""
    client = connect(settings.redis, settings.redis.ledger_db)
    store = ArtifactStore(settings.storage.path)
    tokens = TokenStore(client)
    return Services(
        settings=settings,
        ledger=open_ledger(settings),
        idempotency=IdempotencyKeys(client),
        store=store,
        tokens=tokens,
        sessions=SessionStore(client, tokens),
        shares=ShareStore(client),
        pictures=PagePictures(store, Renderer(settings.rendering, settings.api.processes)),
        reviews=ReviewStore(store),
        audit_log=open_audit_log(settings.audit),
        listing=Listing(client),
        hosts=HostStore(settings.secrets_dir),
        claims=ClaimCheck(client),
        rate_limits=RateLimits(connect(settings.redis, settings.redis.limits_db), settings.api),
        publish=publish,
    )
