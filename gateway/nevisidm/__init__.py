"""nevisIDM's side: calls, client, login, capabilities, running. Knows nothing of SCIM."""
