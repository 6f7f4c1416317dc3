"""(ScimRequest, Mapping, Capabilities) → Plan. Pure: what will be asked of nevisIDM, before anything is."""
