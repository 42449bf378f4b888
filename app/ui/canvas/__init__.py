"""The drawing on the screen: figures, gestures and painting."""
