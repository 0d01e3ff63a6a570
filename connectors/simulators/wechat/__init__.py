"""A stand-in of WeChat's Official Accounts platform: its API, its webhooks, and a customer's telephone."""

from connectors.simulators.wechat.api import wechat_app
from connectors.simulators.wechat.simulator import WeChat

__all__ = ["WeChat", "wechat_app"]
