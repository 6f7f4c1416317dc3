"""Whole gateways over real sockets: nginx in nevisIDM's place, wrk as the callers, one contender at a time on a core of its own.

`python -m benchmarks.wire [--quick] [--write]`. It needs nginx and wrk (`apt-get install nginx wrk`); scim2-server joins if
`SCIM2_SERVER` says where its command is.
"""
