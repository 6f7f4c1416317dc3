"""Lint rules, one module per hundred of codes. A rule yields findings and never raises, whatever a half-compiled mapping looks like."""
