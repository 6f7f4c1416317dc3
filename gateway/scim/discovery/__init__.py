"""Discovery (RFC 7644 section 4): what the gateway tells about itself, generated from the resource types and nothing else."""
