"""A stand-in of the WhatsApp Business Platform: the Cloud API, its webhooks, and a customer's telephone."""

from connectors.simulators.whatsapp.api import whatsapp_app
from connectors.simulators.whatsapp.simulator import WhatsApp

__all__ = ["WhatsApp", "whatsapp_app"]
