"""Consumers of events: what becomes of them in logs, audit, metrics and traces."""
