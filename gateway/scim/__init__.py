"""The SCIM protocol (RFC 7643, 7644) and the IDCS dialect. Knows nothing of nevisIDM, nothing of HTTP servers."""
