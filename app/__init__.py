"""The program around the vocabulary: core, data, training, insight, jobs, window and command line."""

from app.core.heap import large_pages

large_pages()  # here, because torch asks once, when it makes its first tensor
