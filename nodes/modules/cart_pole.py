"""The cart with a pole, as it is printed into the generated file."""

import math
import random


class CartPole:
    """A pole on a cart that is pushed to the left (0) or to the right (1); each step that it stands gives 1.

    The physics and the ends are those of CartPole-v1 of gymnasium (Barto, Sutton and Anderson 1983), and so are
    ``reset`` and ``step``. What is seen are place and speed of the cart, angle and angular speed of the pole.
    """

    actions = 2
    gravity, cart, pole, half, force, tau = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02  # m/s², kg, kg, m, N, s
    most_angle, most_place = 12 * 2 * math.pi / 360, 2.4

    def __init__(self, most=500):
        self.most = most
        self.state, self.steps = [0.0] * 4, 0
        self.random = random.Random(0)

    def reset(self, seed=None):
        """Stands the pole up; the seed says how."""
        if seed is not None:
            self.random = random.Random(seed)
        self.state, self.steps = [self.random.uniform(-0.05, 0.05) for _ in range(4)], 0
        return self.state, {}

    def step(self, action):
        """Pushes for a fiftieth of a second."""
        x, speed, angle, turning = self.state
        force = self.force if action == 1 else -self.force
        cosine, sine = math.cos(angle), math.sin(angle)
        total, moment = self.cart + self.pole, self.pole * self.half
        push = (force + moment * (turning * turning) * sine) / total
        turn = (self.gravity * sine - cosine * push) / (self.half * (4.0 / 3.0 - self.pole * (cosine * cosine) / total))
        acceleration = push - moment * turn * cosine / total
        x, speed = x + self.tau * speed, speed + self.tau * acceleration
        angle, turning = angle + self.tau * turning, turning + self.tau * turn
        self.state = [x, speed, angle, turning]
        self.steps += 1
        fallen = abs(x) > self.most_place or abs(angle) > self.most_angle
        return self.state, 1.0, fallen, not fallen and self.steps >= self.most, {}
