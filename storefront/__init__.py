"""The demonstration shop as web pages, where the chat is seen at work.

`Storefront` makes the routes: products, the orders of whoever is "signed in", and the tokens by which the shop vouches
for them, as any shop that embeds the chat would. Nothing can be bought.
"""

from storefront.messages import storefront_messages
from storefront.pages import Storefront
from storefront.site import Site

__all__ = ["Site", "Storefront", "storefront_messages"]
