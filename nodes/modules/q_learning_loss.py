"""The loss of Q-learning, as it is printed into the generated file."""

from torch import nn


class QLearningLoss(nn.Module):
    """Compares the value of the action that was taken with the reward and what the next state is worth."""

    def __init__(self, gamma, delta, clip=False):
        super().__init__()
        self.gamma, self.delta, self.clip = gamma, delta, clip

    def forward(self, values, action, reward, next_value, ended):
        told = values.gather(1, action.unsqueeze(1)).squeeze(1)
        reward = reward.clamp(-1, 1) if self.clip else reward
        wanted = reward + self.gamma * next_value * (1 - ended)
        return nn.functional.huber_loss(told, wanted, delta=self.delta)
