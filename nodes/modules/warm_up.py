"""Warm-up before a schedule, as it is printed into the generated file."""


class WarmUp:
    """Raises the learning rate evenly over the first ``batches`` batches; only then does the schedule take steps."""

    def __init__(self, optimizer, batches, schedule=None):
        self.optimizer = optimizer
        self.batches = batches
        self.schedule = schedule
        self.done = 0
        for group in optimizer.param_groups:
            group["warm_lr"] = group["lr"]  # where it leads: to the rate that the schedule begins with
            group["lr"] = group["warm_lr"] / batches

    def warm(self):
        """Sets the learning rate for the next batch."""
        self.done += 1
        if self.done < self.batches:
            for group in self.optimizer.param_groups:
                group["lr"] = group["warm_lr"] * (self.done + 1) / self.batches

    def step(self, *numbers):
        """A step of the schedule, once it has begun."""
        if self.done > self.batches:
            self.schedule.step(*numbers)
