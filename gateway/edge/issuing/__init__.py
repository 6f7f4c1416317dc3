"""IDCS's token endpoint (reference, section 8), so that an IDCS application changes nothing but its host name."""
