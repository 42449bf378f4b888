"""The training panel: recipe, curves, progress in words; and where runs are kept."""
