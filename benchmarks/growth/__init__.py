"""What a request costs the gateway as the directory behind it grows. `python -m benchmarks.growth [--quick] [--million] [--write]`.

The sandbox serves a file over HTTP; files are made once and kept in the folder that `BENCH_FILES` names.
"""
