"""A net that learns from games against itself, as it is printed into the generated file."""

import random

import torch


class SelfPlay:
    """Plays several games of the net against itself, each move by tree search, and remembers every board with how often
    its moves were visited and how the game ended; gives batches of what it remembers, turned and mirrored by chance.

    For each batch ``every`` moves are played, counted over all games. The first ``opening`` moves of a game are drawn
    by their visits, so that games differ; the others are the most visited. ``judge`` is who the net is measured
    against, without search, where the board is small enough.
    """

    def __init__(self, game, search, replay, judge, games, every, opening):
        self.game, self.search, self.replay, self.judge = game, search, replay, judge
        self.games, self.every, self.opening = games, every, opening
        self.squares, self.moves = game.turns()
        self.steps = 0  # moves of all games together
        self.owed = 0  # moves that are to be played before the next batch
        self.taken: list = [[] for _ in range(games)]  # the moves of each game so far
        self.shares: list = [[] for _ in range(games)]  # how often each move was visited, as shares of all
        self.boards = [game.start()] * games
        self.told = []  # length and outcome of each game since numbers were asked for
        self.model = None

    def batch(self, model, size, generator):
        """Plays on, and gives ``size`` remembered boards as tensors by field."""
        self.model = model
        while not self.replay.size:
            self.step(model, generator)
        self.owed += self.every
        while self.owed >= self.games:
            self.owed -= self.games
            self.step(model, generator)
        found = self.replay.sample(size, generator)
        turn = torch.randint(len(self.squares), (size,), generator=generator)
        squares = self.squares[turn][:, None].expand(-1, 2, -1)
        state = found["state"].flatten(2).gather(2, squares).view_as(found["state"])
        return {"state": state, "visits": found["visits"].gather(1, self.moves[turn]), "outcome": found["outcome"]}

    def step(self, model, generator):
        """One move of each game; without a model with random moves."""
        chance = random.Random(int(torch.randint(2**31 - 1, (1,), generator=generator)))
        roots = self.search.search(self.boards, model, chance) if model is not None else [None] * self.games
        for place, root in enumerate(roots):
            legal = self.game.legal(self.boards[place])
            visits = root.visits if root is not None else [1] * len(legal)
            shares = [0.0] * self.game.actions
            for move, count in zip(legal, visits):
                shares[move] = count / sum(visits)
            if model is None or len(self.taken[place]) < self.opening:
                move = chance.choices(legal, visits)[0]
            else:
                move = legal[visits.index(max(visits))]
            self.taken[place].append(move)
            self.shares[place].append(shares)
            self.boards[place] = self.game.play(self.boards[place], move)
            outcome = self.game.outcome(self.boards[place])
            if outcome is not None:
                self.remember(place, outcome)
        self.steps += self.games

    def remember(self, place, outcome):
        """Takes in a game that is over, and begins another. ``outcome`` is what its end is worth to who would be next:
        one move before it is the other's turn."""
        boards, board = [], self.game.start()
        for move in self.taken[place]:
            boards.append(board)
            board = self.game.play(board, move)
        signs = [(-1.0) ** (len(boards) - at) for at in range(len(boards))]
        self.replay.add(
            {
                "state": self.game.seen(boards),
                "visits": torch.tensor(self.shares[place]),
                "outcome": outcome * torch.tensor(signs)[:, None],
            },
            list(range(len(boards))),
        )
        self.told.append((len(boards), outcome))
        self.taken[place], self.shares[place], self.boards[place] = [], [], self.game.start()

    def numbers(self):
        """How it goes: the share of 20 games against ``judge`` that the net without search has not lost, share of draws
        and length of the games that have ended since this was asked for last, and how full the memory is."""
        told = self.told or [(len(taken), 0.0) for taken in self.taken]
        self.told = []
        found = {"unbeaten": self.unbeaten(20)} if self.judge is not None else {}
        found["draws"] = sum(outcome == 0 for _, outcome in told) / len(told)
        found["episode_length"] = sum(length for length, _ in told) / len(told)
        found["memory"] = self.replay.size / self.replay.capacity
        return found

    def unbeaten(self, count):
        """The share of so many games against ``judge`` that the net does not lose; it begins every second one."""
        chance, bare = random.Random(0), type(self.search)(self.game, 0)
        boards, kept = {at: self.game.start() for at in range(count)}, count
        move = 0
        while boards:
            mine = [at for at in boards if (at + move) % 2 == 0]
            roots = bare.search([boards[at] for at in mine], self.model)
            chosen = {at: root.moves[root.priors.index(max(root.priors))] for at, root in zip(mine, roots)}
            for at in list(boards):
                taken = chosen[at] if at in chosen else self.judge.choose(boards[at], chance)
                boards[at] = self.game.play(boards[at], taken)
                outcome = self.game.outcome(boards[at])
                if outcome is not None:
                    kept -= outcome < 0 and at not in chosen
                    del boards[at]
            move += 1
        return kept / count

    def state_dict(self):
        """Where the games stand, and what is remembered of them."""
        return {
            "steps": self.steps,
            "owed": self.owed,
            "taken": [torch.tensor(taken, dtype=torch.int64) for taken in self.taken],
            "shares": [torch.tensor(shares).view(-1, self.game.actions) for shares in self.shares],
            "told": torch.tensor(self.told, dtype=torch.float64),
            "memory": self.replay.state_dict(),
        }

    def load_state_dict(self, state):
        """Goes on from there: the games that were begun are played again up to where they stood."""
        if len(state["taken"]) != self.games:
            raise ValueError("There are other games.")
        self.steps, self.owed = int(state["steps"]), int(state["owed"])
        self.told = [(int(length), outcome) for length, outcome in state["told"].tolist()]
        self.replay.load_state_dict(state["memory"])
        self.taken = [taken.tolist() for taken in state["taken"]]
        self.shares = [shares.tolist() for shares in state["shares"]]
        for place, taken in enumerate(self.taken):
            board = self.game.start()
            for move in taken:
                if move not in self.game.legal(board):
                    raise ValueError("There are other games.")
                board = self.game.play(board, move)
            self.boards[place] = board
