"""Looking inside a net: filters, activations, dreams, attribution, adversarial examples. No Qt.

Functions take a compiled net, its model, the name of a node and tensors, and return numpy pictures with their scale
(``Tiles``). They leave the model as they found it, so that they may be asked between two batches of a training run.
"""
