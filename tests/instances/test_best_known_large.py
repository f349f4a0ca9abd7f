"""The stored best known solutions of larger instances, judged again from their bits."""

from __future__ import annotations

import pytest

from emulator import audit
from instances.best_known import stored_bits
from mapper.bounds import bound_any_placement
from mapper.problem import Problem
from models.instance import library
from models.instance.references import records

SMALL = 25_000
RECORDS = [record for name in library.names() for record in records(library.find(name).parent)]
JUDGED = [r for r in RECORDS if r.best is not None and r.best.solution and (r.synapses or 0) > SMALL]


@pytest.mark.slow
@pytest.mark.parametrize("record", JUDGED, ids=lambda record: record.reference)
def test_stored_bits_of_large_instances_do_what_the_references_say(record):
    instance = library.load(record.reference)
    assert instance.digest == record.digest
    bits, _ = stored_bits(record)
    verdict = audit(instance, bits, record.best.lost)
    assert [str(violation) for violation in verdict.violations] == []
    assert verdict.valid
    assert (verdict.lost, verdict.spurious, verdict.synapses) == (record.best.lost, 0, record.synapses)
    if record.bound.lost:
        assert bound_any_placement(Problem(instance)).value >= record.bound.lost
