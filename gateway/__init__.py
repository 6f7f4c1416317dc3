"""scim-nevisidm-gateway: SCIM and IDCS endpoints in front of nevisIDM."""
