"""The tree search of AlphaZero, as it is printed into the generated file."""

import math

import torch


class Position:
    """A board in the tree. ``worth`` is what it is to who is to move, by the net, or by the rules at the end of a game
    (``over``). Of each move: its prior probability, visits, the sum of what they brought, and the board behind it."""

    def __init__(self, board, outcome, moves):
        self.board, self.moves = board, moves
        self.over = outcome is not None
        self.worth = outcome if self.over else 0.0
        self.priors, self.behind = [], [None] * len(moves)
        self.visits, self.sums = [0] * len(moves), [0.0] * len(moves)

    def best(self, exploration):
        """The move with the largest mean result plus bonus (PUCT); of equal ones the first."""
        bonus = exploration * math.sqrt(max(1, sum(self.visits)))
        found, highest = 0, -math.inf
        for at, (prior, visits, total) in enumerate(zip(self.priors, self.visits, self.sums)):
            score = (total / visits if visits else 0.0) + bonus * prior / (1 + visits)
            if score > highest:
                found, highest = at, score
        return found


class TreeSearch:
    """Looks ahead: ``simulations`` times it goes down the tree by the best move, lets the net judge the board that it
    has come to, and tells that to all boards on the way. ``noise`` is the share of chance in the priors of the first
    move, drawn from a Dirichlet distribution with ``alpha``; it counts only where there is a ``random``."""

    def __init__(self, game, simulations, exploration=1.5, noise=0.25, alpha=1.0):
        self.game, self.simulations, self.exploration = game, simulations, exploration
        self.noise, self.alpha = noise, alpha

    def search(self, boards, model, random=None):
        """The trees of several games at once, so that the net judges a board of each in one go; gives their roots."""
        roots = [self.position(board) for board in boards]
        self.judge([root for root in roots if not root.over], model)
        for root in roots:
            if random is not None and root.moves:
                drawn = [random.gammavariate(self.alpha, 1.0) for _ in root.moves]
                total = sum(drawn) or 1.0
                mixed = zip(root.priors, drawn)
                root.priors = [(1 - self.noise) * prior + self.noise * each / total for prior, each in mixed]
        for _ in range(self.simulations):
            ways = [self.way_down(root) for root in roots if not root.over]
            self.judge([leaf for leaf, _ in ways if not leaf.over and not leaf.priors], model)
            for leaf, way in ways:
                worth = leaf.worth
                for position, at in reversed(way):
                    worth = -worth  # what is good for one is bad for the other
                    position.visits[at] += 1
                    position.sums[at] += worth
        return roots

    def position(self, board):
        outcome = self.game.outcome(board)
        return Position(board, outcome, [] if outcome is not None else self.game.legal(board))

    def way_down(self, position):
        """The first board that nobody has judged, or the end of a game, and the moves that lead there."""
        way = []
        while position.priors:
            at = position.best(self.exploration)
            way.append((position, at))
            if position.behind[at] is None:
                position.behind[at] = self.position(self.game.play(position.board, position.moves[at]))
            position = position.behind[at]
        return position, way

    def judge(self, positions, model):
        """Gives boards their priors and worth, by the net."""
        if not positions:
            return
        scores, worth = self.judged([position.board for position in positions], model)
        for position, row, value in zip(positions, scores.tolist(), worth.tolist()):
            allowed = [row[move] for move in position.moves]
            powers = [math.exp(score - max(allowed)) for score in allowed]
            position.priors, position.worth = [power / sum(powers) for power in powers], value

    @torch.no_grad()
    def judged(self, boards, model):
        """A score for each move (n, actions), and what the boards are worth to who is to move (n,), by the net. The
        answer with a number for each move is the policy, the one with a single number the value; without a policy all
        moves are alike, and without a value each board is a draw."""
        scores, worth = torch.zeros(len(boards), self.game.actions), torch.zeros(len(boards))
        if model is None:
            return scores, worth
        device = next(model.parameters()).device
        training = model.training
        model.eval()
        answers = model(self.game.seen(boards).to(device))
        model.train(training)
        for answer in answers if isinstance(answers, tuple) else (answers,):
            if answer.dim() == 2 and answer.shape[1] == self.game.actions:
                scores = answer.float().cpu()
            elif answer.numel() == len(boards):
                worth = answer.float().flatten().clamp(-1, 1).cpu()
        return scores, worth
