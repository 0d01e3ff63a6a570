"""The documents of an order and a return, made when somebody opens their links."""

from __future__ import annotations

import asyncio

from bot.localization import Catalogues
from documents.invoices import invoice_number, invoice_pdf
from documents.labels import ReturnLabel, drop_off_code, label_pdf
from documents.pages import Document
from shop import Policies, ReturnStatus, Shop

PDF = "application/pdf"


class Papers:
    """Makes documents; each method takes what a link is about and its language, and has None where there is nothing.

    Args:
        catalogues: the translations of documents.
    """

    def __init__(self, shop: Shop, policies: Policies, catalogues: Catalogues) -> None:
        self._shop = shop
        self._policies = policies
        self._catalogues = catalogues

    async def invoice(self, order_number: str, language: str) -> Document | None:
        """The invoice of an order."""
        order = await self._shop.order(order_number)
        if order is None:
            return None
        policies, texts = self._policies.for_country(order.country), self._catalogues.translations(language)
        body = await asyncio.to_thread(invoice_pdf, order, policies, language, texts)
        return Document(f"{invoice_number(order)}.pdf", PDF, body)

    async def label(self, number: str, language: str) -> Document | None:
        """The label of a return, as long as it is valid."""
        label = await self._label(number, language)
        if label is None:
            return None
        body = await asyncio.to_thread(label_pdf, label, self._catalogues.translations(language))
        return Document(f"{number}.pdf", PDF, body)

    async def drop_off_code(self, number: str, language: str) -> Document | None:
        """The code that stands for the label of a return."""
        label = await self._label(number, language)
        if label is None:
            return None
        return Document(f"{number}.png", "image/png", await asyncio.to_thread(drop_off_code, label))

    async def _label(self, number: str, language: str) -> ReturnLabel | None:
        return_ = await self._shop.return_(number)
        order = await self._shop.order(return_.order_number) if return_ else None
        if return_ is None or order is None or return_.status is ReturnStatus.EXPIRED:
            return None
        return ReturnLabel(
            rma=return_.number,
            order_number=order.number,
            carrier=return_.carrier,
            tracking_number=return_.tracking_number,
            sender=order.shipping_address,
            recipient=return_.return_to,
            valid_until=return_.label_valid_until,
            language=language,
        )
