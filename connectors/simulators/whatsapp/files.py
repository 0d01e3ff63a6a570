"""The files that the shop may send.

Source: Meta, "WhatsApp Business Platform: Media", supported media types.
"""

LARGEST = {"image": 5_000_000, "video": 16_000_000, "audio": 16_000_000, "sticker": 500_000, "document": 100_000_000}
TYPES = {
    "image": ("image/jpeg", "image/png"),
    "video": ("video/mp4", "video/3gpp"),
    "audio": ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"),
    "sticker": ("image/webp",),
    "document": (
        "text/plain",
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
}
"""By kind of message: the bytes that a file has at most, and its types."""
