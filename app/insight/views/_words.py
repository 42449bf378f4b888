"""Settings that views of word vectors share."""

from nodes.api.params import Choice, Int, Text

BY = Choice(
    "by",
    "auto",
    options=("auto", "counts", "net"),
    label="vectors",
    help="What a word's numbers are: a decomposition of counts, or what an Embedding of the net has learned",
)
EMBEDDING = Text("embedding", "", help="The Embedding to look at; empty, the first that reads words")
NUMBERS = Int("numbers", 2, low=1, high=500, help="How many numbers for each word are kept of a decomposition")
