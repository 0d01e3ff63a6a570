"""WeChat Official Accounts: the webhook, passive replies, customer service messages and template messages.

Follows the documentation of the platform, https://developers.weixin.qq.com/doc/offiaccount/.
"""
