"""What a typed request becomes and what it did, as one document: `explain` prints it, the console shows it."""
