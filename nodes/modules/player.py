"""What plays while a net learns, as it is printed into the generated file."""

import torch


class Player:
    """Plays several games at once with the present model, remembers each step, and gives batches of what it remembers.

    ``games`` have ``reset`` and ``step`` as in gymnasium, and their number of ``actions``. For each batch they are
    played ``every`` steps on, counted over all of them; before the first one ``warm_up`` steps with random actions.
    Each episode begins with a seed of its own, so an episode is its seed and its actions.
    """

    def __init__(self, games, policy, replay, every, warm_up):
        self.games, self.policy, self.replay = games, policy, replay
        self.every, self.warm_up = every, warm_up
        self.steps = 0  # of all games together
        self.owed = 0  # steps that are to be played before the next batch
        self.states = []  # what is seen of each game
        self.seeds = [0] * len(games)  # of the episode that is played
        self.taken: list = [[] for _ in games]  # its actions so far
        self.rewards = [0.0] * len(games)  # what they brought
        self.told = []  # reward and length of each episode since numbers were asked for

    def batch(self, model, size, generator):
        """Plays on, and gives ``size`` remembered steps as tensors by field."""
        if not self.states:
            self.states = [self.begin(place, generator) for place in range(len(self.games))]
        while self.steps < self.warm_up or not self.steps:
            self.step(None, generator)
        self.owed += self.every
        while self.owed >= len(self.games):
            self.owed -= len(self.games)
            self.step(model, generator)
        return {name: as_seen(values) for name, values in self.replay.sample(size, generator).items()}

    def begin(self, place, generator):
        """Begins an episode; gives what is seen."""
        self.seeds[place] = int(torch.randint(2**31 - 1, (1,), generator=generator))
        self.taken[place], self.rewards[place] = [], 0.0
        return self.games[place].reset(seed=self.seeds[place])[0]

    def step(self, model, generator):
        """Plays one step of each game; without a model with random actions."""
        states = together(self.states)
        if model is None:
            actions = torch.randint(self.games[0].actions, (len(self.games),), generator=generator)
        else:
            actions = self.policy.choose(values_of(model, states), self.steps, generator)
        played = [game.step(action) for game, action in zip(self.games, actions.tolist())]
        self.replay.add(
            {
                "state": states,
                "action": actions,
                "reward": torch.tensor([float(reward) for _, reward, _, _, _ in played]),
                "next_state": together([state for state, *_ in played]),
                # What was only cut short might have gone on, so that its last state is worth something.
                "ended": torch.tensor([float(ended) for _, _, ended, _, _ in played]),
            },
            [len(taken) for taken in self.taken],
        )
        self.steps += len(self.games)
        for place, (state, reward, ended, cut, _) in enumerate(played):
            self.taken[place].append(int(actions[place]))
            self.rewards[place] += float(reward)
            self.states[place] = state
            if ended or cut:
                self.told.append((self.rewards[place], len(self.taken[place])))
                self.states[place] = self.begin(place, generator)

    def numbers(self):
        """How it goes: mean reward and length of the episodes that have ended since this was asked for last (of those
        that go on, where none has), the rate of the policy, and how full the memory is."""
        told = self.told or [(reward, len(taken)) for reward, taken in zip(self.rewards, self.taken)]
        self.told = []
        return {
            "reward": sum(reward for reward, _ in told) / len(told),
            "episode_length": sum(length for _, length in told) / len(told),
            "epsilon": float(self.policy.rate(self.steps)),
            "memory": self.replay.size / self.replay.capacity,
        }

    def state_dict(self):
        """Where the games stand, and what is remembered of them."""
        return {
            "steps": self.steps,
            "owed": self.owed,
            "seeds": list(self.seeds),
            "taken": [torch.tensor(taken, dtype=torch.int64) for taken in self.taken],
            "told": torch.tensor(self.told, dtype=torch.float64),
            "memory": self.replay.state_dict(),
        }

    def load_state_dict(self, state):
        """Goes on from there: the episodes that were begun are played again up to where they stood."""
        self.steps, self.owed = int(state["steps"]), int(state["owed"])
        self.told = [(reward, int(length)) for reward, length in state["told"].tolist()]
        self.replay.load_state_dict(state["memory"])
        if not self.steps:
            return
        if len(state["seeds"]) != len(self.games):
            raise ValueError("There are other games.")
        self.seeds = [int(seed) for seed in state["seeds"]]
        self.taken = [taken.tolist() for taken in state["taken"]]
        self.states = []
        for place, game in enumerate(self.games):
            seen, self.rewards[place] = game.reset(seed=self.seeds[place])[0], 0.0
            for action in self.taken[place]:
                seen, reward, *_ = game.step(action)
                self.rewards[place] += float(reward)
            self.states.append(seen)


def together(states):
    """What is seen of several games, as one tensor: pictures as whole numbers, all else as float32."""
    if isinstance(states[0], list):
        return torch.tensor(states)
    values = torch.stack([torch.as_tensor(state) for state in states])
    return values if values.dtype == torch.uint8 else values.float()


def as_seen(values):
    """Pictures from 0 to 1, as the net sees them; all else as it is."""
    return values.float() / 255 if values.dtype == torch.uint8 else values


@torch.no_grad()
def values_of(model, states):
    """What each action is worth to the model (n, actions), on the CPU."""
    device = next(model.parameters()).device
    training = model.training
    model.eval()
    values = model(as_seen(states).to(device))
    model.train(training)
    return (values[0] if isinstance(values, tuple) else values).cpu()
