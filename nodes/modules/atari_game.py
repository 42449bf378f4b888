"""A game of the Atari 2600, as it is printed into the generated file."""

import random


class AtariGame:
    """A game of ale-py by its name, with the pictures of Mnih et al. 2015: of every ``skip`` frames the last two, of
    both the brighter dot, in grey, 84 by 84; the last four of these pictures are seen (4, 84, 84).

    A game begins with up to ``noops`` frames in which nothing is done, as the seed says; without chance in the game
    (``sticky``, the probability that an action is replaced by the one before) that is all that differs. Where a game
    waits for FIRE, it is pressed at the begin of each life. ``reset`` and ``step`` are as in gymnasium; rewards are
    those of the game.
    """

    most = 27_000  # steps, which is half an hour of the game

    def __init__(self, game, skip, noops, sticky, fire, life):
        import ale_py
        import numpy

        self.numpy = numpy
        ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
        self.ale = ale_py.ALEInterface()
        self.ale.setFloat("repeat_action_probability", sticky)
        rom = ale_py.roms.get_rom_path(game)
        if rom is None:
            raise ValueError(f"ale-py has no game {game}.")
        self.rom = rom
        self.skip, self.noops, self.sticky, self.fire, self.life = skip, noops, sticky, fire, life
        self.ale.setInt("random_seed", 0)
        self.ale.loadROM(self.rom)
        self.choices = self.ale.getMinimalActionSet()
        self.actions = len(self.choices)
        self.names = [choice.name for choice in self.choices]
        self.random, self.planes, self.lives, self.steps = random.Random(0), numpy.zeros((4, 84, 84), "uint8"), 0, 0

    def fewer(self, rows):
        """As many rows as 84, each the mean of those (n, ...) that lie there, parts of them in proportion."""
        numpy, size = self.numpy, len(rows)
        edges = numpy.linspace(0, size, 85)
        whole = edges.astype(int)
        sums = numpy.concatenate([numpy.zeros((1, rows.shape[1])), numpy.cumsum(rows, 0, dtype="float64")])
        up_to = sums[whole] + (edges - whole)[:, None] * rows[numpy.minimum(whole, size - 1)]
        return numpy.diff(up_to, axis=0) * (84 / size)

    def small(self, picture):
        """A grey picture as 84 by 84."""
        return self.numpy.rint(self.fewer(self.fewer(picture).T).T).astype("uint8")

    def reset(self, seed=None):
        """Begins a game as the seed says."""
        if seed is not None:
            self.random = random.Random(seed)
            if self.sticky:
                self.ale.setInt("random_seed", seed % 2**31)
                self.ale.loadROM(self.rom)
        self.ale.reset_game()
        for _ in range(self.random.randint(1, self.noops) if self.noops else 0):
            self.ale.act(0)
            if self.ale.game_over():
                self.ale.reset_game()
        self.steps = 0
        self.begin_life()
        plane = self.small(self.ale.getScreenGrayscale())
        self.planes = self.numpy.stack([plane] * 4)
        return self.planes, {}

    def begin_life(self):
        self.lives = self.ale.lives()
        if self.fire and "FIRE" in self.names and not self.ale.game_over():
            self.ale.act(self.choices[self.names.index("FIRE")])

    def step(self, action):
        """Does the same for some frames."""
        reward, frames = 0.0, []
        for frame in range(self.skip):
            reward += self.ale.act(self.choices[action])
            if frame >= self.skip - 2:
                frames.append(self.ale.getScreenGrayscale())
            if self.ale.game_over():
                break
        frames = frames or [self.ale.getScreenGrayscale()]
        plane = self.small(self.numpy.maximum(frames[0], frames[-1]))
        self.planes = self.numpy.concatenate([self.planes[1:], plane[None]])
        self.steps += 1
        over, lost = self.ale.game_over(), self.ale.lives() < self.lives
        if lost and not over:
            self.begin_life()
        ended = over or (lost and self.life)
        return self.planes, reward, ended, not ended and self.steps >= self.most, {}

    def render(self):
        """The picture on the screen, in colour."""
        return self.ale.getScreenRGB()
