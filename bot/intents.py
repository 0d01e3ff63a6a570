"""The intents that the code speaks of by name; `domain.yml` lists them all."""

QUESTION = "ask_faq"
"""A general question; its sub-intents are the articles."""

NO_ARTICLE = "none"
"""In place of a slug, the label of questions that no article answers: they have examples of their own."""

NOT_UNDERSTOOD = "nlu_fallback"
"""A message of which it is not sure enough what it is."""

FLOWS = frozenset(
    {
        "track_order",
        "report_missing_parcel",
        "cancel_order",
        "change_address",
        "list_orders",
        "return_item",
        "exchange_item",
        "return_status",
        "refund_status",
        "report_damaged",
        "report_wrong_item",
        "request_repair",
        "troubleshoot",
        "request_invoice",
        "privacy_request",
    }
)
"""Wishes that something be done or looked up."""

MATTERS = FLOWS | {QUESTION}
"""Intents that are a matter of their own; the others are moves in the conversation about one."""
