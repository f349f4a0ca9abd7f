"""One run in this process: what its document says."""

import numpy as np

from mapper.runs.perform import perform
from mapper.runs.run import Effort, Run, in_force
from mapper.solvers import STAGES
from models.instance import Instance
from models.network import network_from_edges


def test_a_document_tells_when_each_stage_first_began_and_listeners_hear_the_same():
    pre, post = np.nonzero(~np.eye(12, dtype=bool))
    instance = Instance("t", network_from_edges(pre, post, neurons=12))
    heard = []
    document = perform(Run(instance, "marocco", 0, in_force(Effort(), instance)), None, heard.append)
    times, names = zip(*document["stages"], strict=True)
    assert names == STAGES
    assert list(times) == sorted(times)
    assert [event.stage for event in heard if event.kind == "stage"] == list(STAGES)
