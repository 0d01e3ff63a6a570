"""What is kept for how long: everything older goes, and so does everything of customers who asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from aftercare.house import Ground, open_inbox, open_keeping, open_photos, open_privacy_requests
from bot.identity import Codes
from bot.letters import Letter, MailUnavailable
from bot.privacy import unfinished_orders
from connectors.widget.sessions import LASTS, Sessions
from conversations import PrivacyRequest, PrivacyRequests
from conversations.inbox import KEPT
from desk.access.audit import Audit
from desk.access.links import Links as AgentLinks
from desk.access.sessions import Sessions as AgentSessions
from desk.api.webhooks import Webhooks
from desk.translation import Translations
from knowledge_base import GapLog
from mail import MailRefused
from shop import Customer, Erasure, NotOffered, NotPossible, Order

logger = structlog.get_logger()

SECONDS = 3600.0
"""Between two runs in the server: a deletion happens on the day that the customer was told."""

CODES_KEPT = timedelta(days=1)

NOTIFICATIONS_KEPT = timedelta(days=30)
"""So long it is known which webhook was told of what."""

TRIED_AGAIN_AFTER = timedelta(days=1)
"""So long a deletion waits that cannot be carried out yet."""

MAIL_PATIENCE = timedelta(days=5)
"""So long after a deletion it is tried to tell the customer; then the address is forgotten all the same."""


@dataclass
class Enforcement:
    """What a run did, or would do.

    Attributes:
        forgotten: how much of what was older than its period.
        deleted: how many customers were deleted who asked for it.
        waiting: how many of them could not be deleted yet.
    """

    forgotten: dict[str, int] = field(default_factory=dict)
    deleted: int = 0
    waiting: int = 0


async def enforce(ground: Ground, *, dry_run: bool = False) -> Enforcement:
    """Delete what is older than the settings' periods, and the customers whose requests are due.

    Any number of processes may do so, at the same time and again.

    Args:
        ground: the house.
        dry_run: only count. Of the deletions that are due, it is not looked whether any has to wait.

    Raises:
        shop.ShopUnavailable, storage.DatabaseUnavailable: what was not done yet is done with the next run.
    """
    done = Enforcement(await _forget(ground, dry_run))
    requests = open_privacy_requests(ground)
    if dry_run:
        done.deleted = await requests.count_due()
        return done
    await requests.close_exports()
    while (request := await requests.claim()) is not None:
        if await _delete(ground, requests, request):
            done.deleted += 1
        else:
            done.waiting += 1
    return done


async def _forget(ground: Ground, dry_run: bool) -> dict[str, int]:
    settings, now = ground.settings, ground.now()

    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    codes = Codes(ground.database, ground.outbox, ground.secret, ground.now)
    return {
        "messages": await open_keeping(ground).forget(before(settings.retention_transcripts_days), dry_run=dry_run),
        "photos": await open_photos(ground).forget(before(settings.retention_photos_days), dry_run=dry_run),
        "letters": await ground.outbox.forget(before(settings.retention_mail_days), dry_run=dry_run),
        "questions": await GapLog(ground.database).forget(before(settings.retention_gaps_days), dry_run=dry_run),
        "codes": await codes.forget(now - CODES_KEPT, dry_run=dry_run),
        **await _forget_of_desk(ground, dry_run),
        "webhooks": await open_inbox(ground).forget(now - KEPT, dry_run=dry_run),
        "sessions": await Sessions(ground.database, ground.secret, ground.now).forget(now - LASTS, dry_run=dry_run),
    }


async def _forget_of_desk(ground: Ground, dry_run: bool) -> dict[str, int]:
    database, now = ground.database, ground.now()
    audited = now - timedelta(days=ground.settings.retention_audit_days)
    translated = now - timedelta(days=ground.settings.retention_translations_days)
    return {
        "translations": await Translations(None, database, ground.now).forget(translated, dry_run=dry_run),
        "audit log": await Audit(database, ground.now).forget(audited, dry_run=dry_run),
        "agents' sessions": await AgentSessions(database, ground.secret, ground.now).forget(dry_run=dry_run),
        "agents' links": await AgentLinks(database, now=ground.now).forget(now, dry_run=dry_run),
        "notifications": await Webhooks(database, ground.secret).forget(now - NOTIFICATIONS_KEPT, dry_run=dry_run),
    }


async def _delete(ground: Ground, requests: PrivacyRequests, request: PrivacyRequest) -> bool:
    """Delete a customer who asked for it, and tell them; what fails is gone on with in a later run.

    Returns whether nothing is left to do.
    """
    customer = await ground.shop.customer(request.email)
    obstacle = await _obstacle(ground, request, customer)
    if obstacle:
        return await _put_off(requests, request, obstacle)
    erased = await open_keeping(ground).erase(request.customer_id, request.email, await _own_phone(ground, customer))
    erased["letters"] = await ground.outbox.forget_recipient(request.email)
    request = await requests.record(request, erased)
    if customer:
        # At the end, since the shop alone knows the number and the address.
        orders = await ground.shop.orders_of(request.email)
        try:
            erasure = await ground.shop.erase(request.email)
        except NotPossible as problem:
            return await _put_off(requests, request, problem.code)
        except NotOffered:
            return await _put_off(requests, request, "not_offered")
        request = await requests.record(request, erasure.erased, _invoice_years(ground, orders, erasure))
    if not await _told(ground, request):
        return await _put_off(requests, request, "mail")
    await requests.complete(request)
    logger.info("privacy.deleted", request_id=request.id)
    return True


async def _obstacle(ground: Ground, request: PrivacyRequest, customer: Customer | None) -> str | None:
    """Why a deletion cannot be carried out yet, if it cannot."""
    if customer is None:
        return None
    if customer.id != request.customer_id:
        return "other_customer"
    return "unfinished" if await unfinished_orders(ground.shop, request.email) else None


async def _put_off(requests: PrivacyRequests, request: PrivacyRequest, reason: str) -> bool:
    """Have a deletion tried again later. Unless the customer's own affairs are the reason, the operator has to look."""
    log = logger.info if reason in ("unfinished", "mail") else logger.error
    log("privacy.put_off", request_id=request.id, reason=reason)
    await requests.postpone(request, TRIED_AGAIN_AFTER)
    return False


async def _own_phone(ground: Ground, customer: Customer | None) -> str | None:
    """The customer's number, if nobody else has the same."""
    if customer is None or customer.phone is None:
        return None
    owner = await ground.shop.customer_by_phone(customer.phone)
    return customer.phone if owner and owner.id == customer.id else None


def _invoice_years(ground: Ground, orders: Sequence[Order], erasure: Erasure) -> int | None:
    """For how many years the law keeps the invoices that are left; None if there are none."""
    countries = {order.country for order in orders if order.number in erasure.orders_kept}
    return max((ground.policies.for_country(country).privacy.invoice_years for country in countries), default=None)


async def _told(ground: Ground, request: PrivacyRequest) -> bool:
    """Tell the customer that everything is deleted, in a letter that is stored nowhere; whether that need not be tried
    any more.
    """
    kept = {"kept": ["invoices"], "years": request.invoice_years} if request.invoice_years else {"kept": []}
    try:
        await ground.outbox.send(Letter("privacy_deleted", request.email, request.language, kept))
    except MailRefused:
        return True
    except MailUnavailable:
        return request.erased_at is not None and ground.now() > request.erased_at + MAIL_PATIENCE
    return True
