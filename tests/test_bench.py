"""The benchmark runs; what it finds is for people to read."""
import pathlib
import subprocess
import sys

import bench
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(*arguments):
    command = [sys.executable, ROOT / "tools" / "bench.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_it_runs_without_keras():
    done = run("--ours-only", "--quick", "--only", "mlp")
    assert done.returncode == 0, done.stdout + done.stderr
    head, row, _ = done.stdout.splitlines()
    assert head.split("   ")[0].strip() == "workload" and row.startswith("MLP 784-200-200-200-10, batch 200 ")
    ours, keras, bound, *_ = row.removeprefix("MLP 784-200-200-200-10, batch 200").split()
    assert keras == "–" and float(bound) > 0 and float(ours) > 0


def test_the_products_of_a_step():
    """x W forward, xᵀ dz for the weights, dz Wᵀ for the inputs, which the first layer leaves out."""
    assert bench.dense_step((5, 3, 4), (5, 4, 2)) == [(5, 3, 4), (5, 4, 2), (3, 5, 4), (4, 5, 2), (5, 2, 4)]


def test_verdicts():
    seconds = {"ours": [1.0, 2.0, 9.0], "keras": [2.0, 2.0, 6.0]}
    assert bench.verdict(seconds, "keras", 1.0) == ("1 ≤ 1", False)
    assert bench.verdict(seconds, "keras", 0.25) == ("1 > 0.25", False)
    assert bench.verdict(seconds, "keras", 0.125) == ("1 > 0.125", True)
    assert bench.verdict(seconds, "keras", None) == ("1", False)
    assert bench.verdict(seconds, "bound", 1.0) == ("–", False)


@pytest.mark.parametrize("name", bench.WORKLOADS)
def test_workloads(name):
    """Each has data for its batches, and a model that trains on them."""
    import unrolled

    workload = bench.WORKLOADS[name]
    x, y = workload.data(workload.batch_size * workload.batches)
    for data in (*x, y) if isinstance(x, list) else (x, y):
        assert len(data) == workload.batch_size * workload.batches
    model = workload.compiled(unrolled)
    assert model.train_on_batch(bench.cut(x, 2), y[:2]) > 0


def test_an_unknown_workload():
    with pytest.raises(SystemExit, match="No workload's name holds 'maxout'. There are: MLP"):
        bench.main(["--only", "maxout"])
