"""Moving a directory into nevisIDM: rows of a source, loaded, compared and followed through the same mappings as online traffic."""
