"""A time limit, as it is printed into the generated file."""

import time


class TimeLimit:
    """Says when a training has taken ``minutes``."""

    def __init__(self, minutes):
        self.minutes = minutes
        self.seconds = 0.0  # before this start, and up to the last look
        self._since = time.monotonic()

    def look(self, model, value=None):
        """Takes in an epoch."""
        now = time.monotonic()
        self.seconds += now - self._since
        self._since = now

    @property
    def over(self):
        """Whether the training should end."""
        return self.seconds >= 60 * self.minutes

    def finish(self, model):
        """The weights stay as they are."""
