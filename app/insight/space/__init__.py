"""Where samples lie: clouds of a layer, surfaces over the inputs, and the loss over the weights."""
