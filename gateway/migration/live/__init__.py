"""A live SCIM service provider as a source: IDCS, or anyone who speaks RFC 7644."""
