"""HTTP that is not SCIM: who may come in, how much may come in, how bytes leave."""
