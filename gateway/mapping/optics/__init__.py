"""The lenses of the mapping language, one module per kind of value; `gateway/mapping/lenses.py` is their front door."""
