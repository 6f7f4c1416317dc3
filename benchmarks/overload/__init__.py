"""What happens when nevisIDM is slow or gone and everybody comes at once. `python -m benchmarks.overload [--quick] [--write]`."""
