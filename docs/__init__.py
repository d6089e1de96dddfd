"""The documents, and the scripts that print their tables from the code."""
