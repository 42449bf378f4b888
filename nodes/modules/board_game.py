"""Games on a board in which a line of stones wins, as they are printed into the generated file."""

import torch


class BoardGame:
    """Two take turns to put a stone on a free square; who has ``line`` in a row wins. With ``falling`` stones fall to
    the lowest free square of a column.

    A board is a tuple of its squares, row by row, as seen by who is to move: 1 for an own stone, −1 for one of the
    other, 0 for a free square.
    """

    def __init__(self, rows, columns, line, falling=False):
        self.rows, self.columns, self.line, self.falling = rows, columns, line, falling
        self.squares = rows * columns
        self.actions = columns if falling else self.squares
        ways = (0, 1), (1, 0), (1, 1), (1, -1)
        self.lines = [
            [(row + step * down) * columns + column + step * right for step in range(line)]
            for row in range(rows)
            for column in range(columns)
            for down, right in ways
            if row + (line - 1) * down < rows and 0 <= column + (line - 1) * right < columns
        ]

    def start(self):
        """The empty board."""
        return (0,) * self.squares

    def legal(self, board):
        """The moves that are allowed."""
        return [action for action in range(self.actions) if board[action] == 0]

    def square(self, board, action):
        """Where a stone comes to lie."""
        while self.falling and action + self.columns < self.squares and board[action + self.columns] == 0:
            action += self.columns
        return action

    def play(self, board, action):
        """The board behind a move, as the other sees it."""
        place = self.square(board, action)
        return tuple(-1 if at == place else -stone for at, stone in enumerate(board))

    def outcome(self, board):
        """What the end is worth to who is to move: −1 if the other has a line, 0 for a draw; None if it goes on."""
        for line in self.lines:
            for at in line:
                if board[at] != -1:
                    break
            else:
                return -1.0
        return None if 0 in board else 0.0

    def seen(self, boards):
        """Boards as a net sees them, (n, 2, rows, columns): own stones, and those of the other."""
        stones = torch.tensor(boards).view(-1, self.rows, self.columns)
        return torch.stack([stones == 1, stones == -1], 1).float()

    def turns(self):
        """All ways to turn and mirror the board under which the game stays the same: for each where every square comes
        from (n, squares), and the same of the moves (n, actions)."""
        board = torch.arange(self.squares).view(self.rows, self.columns)
        if self.falling:
            return torch.stack([board.flatten(), board.flip(1).flatten()]), torch.stack([board[0], board[0].flip(0)])
        square = self.rows == self.columns
        turned = [board.rot90(times) for times in (range(4) if square else (0, 2))]
        every = torch.stack([each.flatten() for one in turned for each in (one, one.flip(1))])
        return every, every
