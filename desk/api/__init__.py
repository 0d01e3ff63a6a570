"""The desk for programs: a REST and WebSocket API, webhooks on events, and a mirror in another help desk.

`routes.api_routes` are the routes, `openapi.describe` says what they take and give, `tokens.Tokens` and
`webhooks.Webhooks` are what programs are let in and told with, and `chatwoot.Mirror` shows tickets in Chatwoot.
"""
