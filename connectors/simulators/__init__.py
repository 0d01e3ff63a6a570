"""Stand-ins of the messengers' platforms, for developers without an account and for tests (`aftercare simulate`).

Each answers to the platform's API as its public documentation says, refuses what the platform would refuse, and calls
the webhook with real signatures and encryption. A page at `/` is the customer's telephone. They share no code with the
connectors, so that each checks the other. Nothing is kept on disk.
"""
