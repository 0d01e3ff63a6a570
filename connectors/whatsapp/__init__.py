"""WhatsApp: Meta's Cloud API, for shops with an account of the WhatsApp Business Platform.

What the platform sends and takes is as its documentation says, https://developers.facebook.com/documentation/business-messaging/whatsapp;
docs/whatsapp.md says how an account is set up.
"""
