"""``references.yaml`` is changed in place, and only a valid and better solution changes it."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

import mapper
from instances.best_known import compact, consider, sha256, stored_bits
from models.errors import FormatError, InstanceError
from models.instance import library, read_defects
from models.instance.loader import load_yaml
from models.instance.references import Best, Proof, Record, changed, records, update
from models.instance.schema_references import ReferencesDoc
from models.solution import Bound, load, save

DIGESTS = ["sha256:" + digit * 64 for digit in "0123"]
TEXT = f"""format: wafer-references/1
instance: {{name: x, digest: "{DIGESTS[0]}"}}
status: open
# what the original did
measured:
  - solver: marocco  # with defaults
    lost: 7
    total: 90
    source: made up
history: []
"""
BEST = """best: {lost: 4, by: me, date: "2026-01-02"}
bound: {lost: 4, kind: fan-in, date: "2026-01-02"}"""


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A library with one instance and the shipped blacklist, whose files may be changed."""
    shipped = library.folder()
    shutil.copytree(shipped / "guidebook-s0", tmp_path / "guidebook-s0", ignore=shutil.ignore_patterns("solutions"))
    shutil.copytree(shipped / "defects", tmp_path / "defects")
    digest = library.load("guidebook-s0").digest
    (tmp_path / "guidebook-s0/references.yaml").write_text(
        f'format: wafer-references/1\ninstance: {{name: guidebook-s0, digest: "{digest}"}}\nstatus: open\nhistory: []\n'
    )
    monkeypatch.setattr(library, "folder", lambda: tmp_path)
    return tmp_path / "guidebook-s0"


@pytest.fixture(scope="module")
def solved():
    instance = library.load("guidebook-s0")
    return {name: mapper.solve(instance, name, det_limit=1.0) for name in ("marocco-2015", "marocco")}


def offer(solution, **arguments):
    instance = library.load("guidebook-s0")
    (record,) = records(library.find("guidebook-s0").parent)
    return consider(instance, record, solution, Bound(0, "fan-in"), by="me", date="2026-01-02", **arguments)


def test_changing_sections_leaves_the_others_alone():
    text = changed(TEXT, {"status": "optimal", "best": {"lost": 0, "by": "me"}, "variants": [], "history": [{"a": 1}]})
    assert text.splitlines()[:5] == [
        "format: wafer-references/1",
        f'instance: {{name: x, digest: "{DIGESTS[0]}"}}',
        "status: optimal",
        "best: {lost: 0, by: me}",
        "variants: []",
    ]
    assert "  - solver: marocco  # with defaults\n    lost: 7\n    total: 90\n    source: made up\n" in text
    assert text.endswith("history:\n- {a: 1}\n")
    assert changed(text, {"status": "optimal"}) == text


def test_records_are_read_as_written(tmp_path):
    best = Best(3, "cpsat 1.0", "2026-01-02", "solutions/best.sol.zip", DIGESTS[2], 1.5)
    first = Record("x", DIGESTS[0], "", best, Proof(3, "fan-in", "2026-01-02", "solutions/best.log.json"), 90, 7)
    second = Record("x", DIGESTS[1], "blacklist-7", replace(best, lost=5, solution=None), None, 90, None)
    (tmp_path / "references.yaml").write_text(TEXT)
    update(tmp_path, [first, second], [{"lost": 4}])
    assert records(tmp_path) == (first, second)
    assert (first.status, second.status) == ("optimal", "open")
    assert (first.reference, second.reference) == ("x", "x+blacklist-7")
    update(tmp_path, [first, second], [{"lost": 3}])
    assert load_yaml(tmp_path / "references.yaml").data["history"] == [{"lost": 4}, {"lost": 3}]


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "references.yaml").write_text("format: wafer-references/2\n")
    with pytest.raises(FormatError, match="format must be wafer-references/1"):
        records(tmp_path)
    (tmp_path / "references.yaml").write_text("format: wafer-references/1\ninstance: {name: x}\n")
    with pytest.raises(InstanceError) as caught:
        records(tmp_path)
    file = tmp_path / "references.yaml"
    assert str(caught.value).splitlines() == [
        f"{file}:1:1: 'status' is missing - add status: to it",
        f"{file}:2:1: instance: 'digest' is missing - add digest: to it",
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("status: open", "status: closed", "3:9: status: must be optimal | open (got 'closed')"),
        ("status: open", "status: optimal", "1:1: status is optimal, best and bound say open"),
        ("status: open", "statsu: open", "3:1: statsu: unknown key 'statsu' - did you mean 'status'?"),
        ("lost: 7", "lost: -7", "7:11: measured[0].lost: must be greater than or equal to 0 (got -7)"),
        ("    total: 90", "", "6:5: measured[0]: 'total' is missing - add total: to it"),
        ("history: []", "history: [{lost: 1, date: yesterday}]", "a day is written YYYY-MM-DD (got 'yesterday')"),
        ("status: open", f"status: open\n{BEST}", "1:1: status is open, best and bound say optimal"),
        ("status: open", f"status: optimal\n{BEST}\nsynapses: 3", "1:1: best loses 4 of 3 synapses"),
        (
            "status: open",
            f"status: open\n{BEST}".replace("bound: {lost: 4", "bound: {lost: 5"),
            "less than the bound 5",
        ),
    ],
)
def test_every_fault_has_its_place_and_its_remedy(tmp_path, old, new, words):
    (tmp_path / "references.yaml").write_text(TEXT.replace(old, new))
    with pytest.raises(InstanceError) as caught:
        records(tmp_path)
    assert words in str(caught.value)


def test_shipped_references_fit_the_schema_and_say_nothing_unknown():
    for name in library.names():
        data = load_yaml(library.find(name).parent / "references.yaml").data
        document = ReferencesDoc.model_validate(data)
        assert document.model_dump(exclude_unset=True) == data
        for text in [document.best.solution, document.bound.log]:
            assert text is None or (library.find(name).parent / text).is_file()


def test_a_better_solution_takes_over(shelf, solved):
    first = offer(solved["marocco-2015"])
    assert first.accepted
    assert (first.record.best.lost, first.record.status) == (586, "open")
    second = offer(solved["marocco"])
    assert second.accepted
    (record,) = records(shelf)
    assert (record.best.lost, record.status, record.synapses) == (0, "optimal", 2507)
    assert load_yaml(shelf / "references.yaml").data["history"] == [{"lost": 586, "by": "me", "date": "2026-01-02"}]
    assert sha256((shelf / record.best.solution).read_bytes()) == record.best.digest
    bits, claimed = stored_bits(record)
    assert claimed == 0
    assert (bits.synapse == solved["marocco"].configuration.synapse).all()
    for worse, message in (("marocco-2015", "loses 586, the best known one 0"), ("marocco", "loses 0 like the best")):
        verdict = offer(solved[worse])
        assert not verdict.accepted
        assert message in verdict.reason
    assert offer(solved["marocco"], replace_equal=True).accepted


def test_a_wrong_claim_a_broken_rule_and_another_instance_are_refused(shelf, solved):
    good = solved["marocco"]
    assert "5 are claimed" in offer(replace(good, lost=5)).reason
    assert "another instance" in offer(replace(good, digest="sha256:00")).reason
    broken = replace(good.configuration, dnc_slow=~good.configuration.dnc_slow)
    assert "violations" in offer(replace(good, configuration=broken)).reason
    assert records(shelf)[0].best is None


def test_large_solutions_leave_a_digest(shelf, solved):
    assert offer(solved["marocco-2015"]).record.best.solution is not None
    best = offer(solved["marocco"], most_bytes=100).record.best
    assert best.solution is None
    assert best.digest == sha256(compact(solved["marocco"]))
    assert not (shelf / "solutions/best.sol.zip").exists()
    assert stored_bits(records(shelf)[0]) is None


def test_damaged_and_missing_files_are_noticed(shelf, solved):
    offer(solved["marocco"])
    (record,) = records(shelf)
    (shelf / record.best.solution).write_bytes(b"nonsense")
    with pytest.raises(FormatError, match="its digest is"):
        stored_bits(record)
    (shelf / record.best.solution).unlink()
    with pytest.raises(FormatError, match=r"best\.sol\.zip: No such file"):
        stored_bits(record)


def test_the_compact_file_is_the_same_solution(tmp_path, solved):
    good = solved["marocco"]
    (tmp_path / "a.sol.zip").write_bytes(compact(good))
    assert compact(good) == compact(good)
    save(tmp_path / "b.sol.zip", good)
    assert (tmp_path / "a.sol.zip").stat().st_size < (tmp_path / "b.sol.zip").stat().st_size
    save(tmp_path / "c.sol.zip", load(tmp_path / "a.sol.zip"))
    assert (tmp_path / "c.sol.zip").read_bytes() == (tmp_path / "b.sol.zip").read_bytes()


def test_names_with_blacklists():
    instance = library.load("guidebook-s0+blacklist-7")
    assert instance.name == "guidebook-s0+blacklist-7"
    assert instance.wafer.defects == read_defects(library.defects_file("blacklist-7"))
    assert library.is_known("guidebook-s0+blacklist-7")
    assert not library.is_known("guidebook-s0+blacklist-8")
    assert not library.is_known("guidebook-s9+blacklist-7")
    with pytest.raises(ValueError, match="no defects 'blacklist-8' are shipped"):
        library.load("guidebook-s0+blacklist-8")
