"""Flatten."""

from nodes.api import Built, Example, InsertBefore, Misfit, Shape, expression, layer


@layer(
    id="Flatten",
    name="Flatten",
    followed_by=["Linear", "Dropout", "BatchNorm1d"],
    formula="out = all values of x in one row",
    examples=[
        Example(inputs=[(16, 5, 5)], output=(400,)),
        Example(inputs=[(7,)], output=(7,)),
    ],
    words=["reshape", "vector"],
)
def flatten(x: Shape) -> Built:
    """Puts all values in one row, so that a fully connected layer can read them."""
    if x.dtype != "float":
        sentence = "Flatten reads numbers of an image or a sequence, but whole numbers arrive. Embed them first."
        room = (("num_embeddings", x.classes),) if x.classes is not None else ()
        raise Misfit(sentence, fixes=[InsertBefore("Embedding", params=room)])
    return Built(expression("torch.flatten({x}, 1)" if x.rank else "{x}.reshape(-1, 1)"), output=(x.values,))
