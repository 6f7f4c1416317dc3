"""What is true of an installation, as one model: `whole` joins the sections, `source` reads them from file and environment."""

from gateway.settings.whole import PREFIX, CursorSettings, LeniencySettings, Settings, VerifierSettings, lists, names

__all__ = ["PREFIX", "CursorSettings", "LeniencySettings", "Settings", "VerifierSettings", "lists", "names"]
