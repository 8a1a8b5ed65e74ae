"""From evidence to a verdict: one state of the whole network, how sure, and why.

The rules, in this order; the first that holds gives the state. Each holds its numbers to thresholds
of `THRESHOLDS`, and what it says is shown with them.

1. *broken*: weights that are no numbers.
2. *untrained*: most layers' weights are no different from a shuffle of them, and its answers (where
   known) are no knowledge; a run of which a layer has died is *dead*.
3. *dead*: a layer has lost more of its channels than it can learn without.
4. *overfitted*: it is much better on images it was trained on than on others; where those are not
   known, much surer than it is right.
5. *early*: most layers' patterns are faint, and the answers (where known) are not sure either.
6. *guessing*: the weights are no start, and the answers are guesses.
7. *trained*: else.
"""

from __future__ import annotations

from convscope.doctor.evidence import Evidence
from convscope.doctor.layer_state import layer_states
from convscope.doctor.rules.broken import broken
from convscope.doctor.rules.dead import dead
from convscope.doctor.rules.early import early
from convscope.doctor.rules.guessing import guessing
from convscope.doctor.rules.overfitted import overfitted
from convscope.doctor.rules.rule import Rule, Verdict
from convscope.doctor.rules.trained import trained
from convscope.doctor.rules.untrained import untrained

RULES: tuple[Rule, ...] = (broken, untrained, dead, overfitted, early, guessing)


def verdict(evidence: Evidence) -> Verdict:
    """Judge a network."""
    states = layer_states(evidence)
    found = (rule(evidence, states) for rule in RULES)
    return next((one for one in found if one is not None), None) or trained(evidence, states)
