"""The program around the vocabulary: core, data, training, insight, jobs, window and command line."""
