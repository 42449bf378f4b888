"""Who never makes a mistake, as it is printed into the generated file."""


class PerfectPlayer:
    """Looks at every board to the end (minimax). Of equally good moves ``random`` takes any. For small boards alone."""

    most = 9  # squares of a board that it can play on

    def __init__(self, game):
        self.game = game
        self.known = {}

    def worth(self, board):
        """What a board is worth to who is to move if both play perfectly: 1, 0 or −1."""
        if board not in self.known:
            outcome = self.game.outcome(board)
            if outcome is None:
                behind = (self.game.play(board, move) for move in self.game.legal(board))
                outcome = max(-self.worth(each) for each in behind)
            self.known[board] = outcome
        return self.known[board]

    def moves(self, board):
        """All moves that are best."""
        behind = {move: -self.worth(self.game.play(board, move)) for move in self.game.legal(board)}
        return [move for move, worth in behind.items() if worth == max(behind.values())]

    def choose(self, board, random):
        """One of the best moves."""
        return random.choice(self.moves(board))
