"""What the gateway costs, as ratios to the smallest translation that could be written by hand. `python -m benchmarks`.

Everything runs in one process and without sockets: what an HTTP server and client cost is in neither side of a ratio.
"""
