"""How good the answers of a net are, sample by sample: intervals, calibration, baselines, the hardest samples."""
