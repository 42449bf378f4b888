"""A little world of squares, as it is printed into the generated file."""

import random

import torch


class GridWorld:
    """Squares with walls, a goal and a pit, made up by a seed. One goes up (0), to the right (1), down (2) or to the
    left (3), and now and then slips to the side; at a wall one stays.

    ``reset`` and ``step`` are as in gymnasium. What is seen are four planes (4, rows, columns) of zeros and ones: where
    one is, the walls, the goal, the pit.
    """

    actions = 4
    moves = (-1, 0), (0, 1), (1, 0), (0, -1)

    def __init__(self, rows, columns, walls, slip, seed, most):
        self.rows, self.columns, self.slip, self.most = rows, columns, slip, most
        drawn = random.Random(seed)
        cells = [(row, column) for row in range(rows) for column in range(columns)]
        while True:  # until every free square leads to the goal
            drawn.shuffle(cells)
            self.goal, self.pit, *rest = cells
            count = min(round(walls * len(cells)), len(rest) - 1)
            self.walls, self.free = set(rest[:count]), sorted(rest[count:])
            if self.connected():
                break
            walls *= 0.98
        self.ground = torch.zeros(4, rows, columns)
        for row, column in self.walls:
            self.ground[1, row, column] = 1.0
        self.ground[2][self.goal] = self.ground[3][self.pit] = 1.0
        self.random, self.place, self.steps = random.Random(0), self.free[0], 0

    def connected(self):
        """Whether the goal can be reached from every free square without the pit."""
        found, waiting = {self.goal}, [self.goal]
        while waiting:
            row, column = waiting.pop()
            for down, right in self.moves:
                there = row + down, column + right
                if there in found or there in self.walls or there == self.pit or not self.inside(there):
                    continue
                found.add(there)
                waiting.append(there)
        return found.issuperset(self.free)

    def inside(self, place):
        return 0 <= place[0] < self.rows and 0 <= place[1] < self.columns

    def seen(self, place):
        """What is seen by somebody who stands at this square."""
        planes = self.ground.clone()
        planes[0][place] = 1.0
        return planes

    def reset(self, seed=None):
        """Begins at a free square that the seed says."""
        if seed is not None:
            self.random = random.Random(seed)
        self.place, self.steps = self.random.choice(self.free), 0
        return self.seen(self.place), {}

    def step(self, action):
        """Goes one square. The goal gives 1, the pit −1, and any other step costs 0.01."""
        if self.slip and self.random.random() < self.slip:
            action = (action + self.random.choice((-1, 1))) % 4
        down, right = self.moves[action]
        there = self.place[0] + down, self.place[1] + right
        if self.inside(there) and there not in self.walls:
            self.place = there
        self.steps += 1
        ended = self.place in (self.goal, self.pit)
        reward = (1.0 if self.place == self.goal else -1.0) if ended else -0.01
        return self.seen(self.place), reward, ended, not ended and self.steps >= self.most, {}
