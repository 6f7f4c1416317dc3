"""An embedded nevisIDM: an ASGI app of its own with SQLite behind it. It imports nothing from the rest of gateway."""
