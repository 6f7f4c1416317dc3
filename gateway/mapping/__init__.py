"""The mapping language: strict YAML, model, load, lint, lenses, view and put. Knows nothing of HTTP."""
