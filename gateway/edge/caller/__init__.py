"""Ways for a caller to prove who it is; `edge/gate.py` asks one after the other."""
