"""Bandits: places that learn which of their arms brings most, and keep trying the others.

Pure. A policy is a function of its state, which is folded from the log (`decisions.services.bandits`); what was played
with which probability is exact, since the probabilities are computed first and the arm is drawn from them.
"""

from decisions.bandits.choosing import Chosen, choose, played, seed_of
from decisions.bandits.policy import LINUCB, THOMPSON, Arm, Bandit, BanditError, Reward, bandit_of
from decisions.bandits.state import ArmCount, PolicyState, beginning

__all__ = [
    "LINUCB",
    "THOMPSON",
    "Arm",
    "ArmCount",
    "Bandit",
    "BanditError",
    "Chosen",
    "PolicyState",
    "Reward",
    "bandit_of",
    "beginning",
    "choose",
    "played",
    "seed_of",
]
