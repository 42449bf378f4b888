"""Data: looking at it, loading it, joining several sources, and the split into training and validation samples."""
