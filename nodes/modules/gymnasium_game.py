"""A game of gymnasium, as it is printed into the generated file."""


class GymnasiumGame:
    """A game of gymnasium by its id, whose actions can be counted. A state that is the number of one is seen as zeros
    and a one, a picture with its colours first, all else as the numbers that it is."""

    def __init__(self, id):
        import gymnasium
        import numpy

        self.numpy = numpy
        self.env = gymnasium.make(id, disable_env_checker=True)
        if "rgb_array" in self.env.metadata.get("render_modes", ()):
            self.env.close()
            self.env = gymnasium.make(id, render_mode="rgb_array", disable_env_checker=True)
        choices, space = self.env.action_space, self.env.observation_space
        if not isinstance(choices, gymnasium.spaces.Discrete):
            raise ValueError(f"The actions of {id} cannot be counted ({choices}), as Q-learning needs it.")
        self.first, self.actions = int(choices.start), int(choices.n)
        self.kind = type(space).__name__
        if self.kind not in ("Box", "Discrete", "MultiBinary"):
            raise ValueError(f"What is seen of {id} is neither numbers nor a picture ({space}).")
        self.start, self.count = 0, 0
        if isinstance(space, gymnasium.spaces.Discrete):
            self.start, self.count = int(space.start), int(space.n)
        shape = tuple(space.shape or (self.count,))
        self.picture = self.kind == "Box" and len(shape) == 3 and space.dtype == numpy.uint8
        self.last = None  # what is seen now
        self.shape = (shape[2], *shape[:2]) if self.picture else shape

    def seen(self, state):
        numpy = self.numpy
        if self.kind == "Discrete":
            return numpy.eye(self.count, dtype="float32")[int(state) - self.start]
        if self.picture:
            return numpy.ascontiguousarray(state.transpose(2, 0, 1))
        return numpy.asarray(state, "float32")

    def reset(self, seed=None):
        """Begins a game as the seed says."""
        state, more = self.env.reset(seed=seed)
        self.last = self.seen(state)
        return self.last, more

    def step(self, action):
        """Does one step."""
        state, reward, ended, cut, more = self.env.step(self.first + action)
        self.last = self.seen(state)
        return self.last, float(reward), bool(ended), bool(cut), more

    def render(self):
        """The game's own picture."""
        return self.env.render()
