"""The panel of sweeps and races: what varies, what came of each variant, and pictures of it."""
