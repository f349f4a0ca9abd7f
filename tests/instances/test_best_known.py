"""Every stored best known solution, judged again from its bits; the records of all instances, large ones included.

Small instances here, the larger ones in `test_best_known_large`.
"""

from __future__ import annotations

import json

import pytest

from emulator import audit
from instances.best_known import stored_bits
from mapper.bounds import bound_any_placement
from mapper.problem import Problem
from models.instance import library
from models.instance.loader import load_yaml
from models.instance.references import records

RECORDS = [record for name in library.names() for record in records(library.find(name).parent)]
#: Up to this many synapses a solution is judged in a fraction of a second.
SMALL = 25_000
JUDGED = [r.reference for r in RECORDS if r.best is not None and r.best.solution and (r.synapses or 0) <= SMALL]


def judge(reference):
    """Compare what the bits of a stored solution do with all that the references say of them."""
    (record,) = [record for record in RECORDS if record.reference == reference]
    instance = library.load(reference)
    assert instance.digest == record.digest
    bits, _ = stored_bits(record)
    verdict = audit(instance, bits, record.best.lost)
    assert [str(violation) for violation in verdict.violations] == []
    assert verdict.valid
    assert (verdict.lost, verdict.spurious, verdict.synapses) == (record.best.lost, 0, record.synapses)
    bound = bound_any_placement(Problem(instance))
    assert record.bound.lost <= bound.value <= record.best.lost


@pytest.mark.parametrize("reference", JUDGED)
def test_stored_bits_do_what_the_references_say(reference):
    judge(reference)


def test_every_instance_has_records():
    assert {record.name for record in RECORDS} == set(library.names())
    assert len(RECORDS) == len({record.reference for record in RECORDS})
    assert {record.defects for record in RECORDS} == {"", "blacklist-7"}


@pytest.mark.parametrize("name", library.names())
def test_records_fit_together(name):
    folder = library.find(name).parent
    document = load_yaml(folder / "references.yaml").data
    known = records(folder)
    assert [record.defects for record in known] == sorted({record.defects for record in known})
    for record, entry in zip(known, [document, *document["variants"]], strict=True):
        assert entry["status"] == record.status
        if record.best is None:
            assert record.bound is None
            continue
        assert 0 <= record.bound.lost <= record.best.lost <= record.synapses
        assert record.marocco is None or record.best.lost <= record.marocco
        if record.best.solution is not None:
            _, claimed = stored_bits(record)
            assert claimed in (None, record.best.lost)
        if record.bound.log is not None:
            log = json.loads((folder / record.bound.log).read_text())
            assert log["instance"]["digest"] == record.digest
            assert log["lost"] == record.best.lost
            assert log["audit"] == {"spurious": 0, "valid": True, "violations": 0}
            assert log["bound"]["any_placement"]["value"] == record.bound.lost
    solved = [record for record in known if record.best is not None]
    named = {record.best.solution for record in solved} | {record.bound.log for record in solved}
    there = {path.relative_to(folder).as_posix() for path in folder.glob("solutions/*")}
    assert there == named - {None}
