"""The gateway in the terms of OpenAPI 3.1, generated from the resource types: what may be sent, what comes back, how it fails."""
