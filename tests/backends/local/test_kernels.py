"""Products that give a column the same bits wherever it stands, by kernels that do not do so themselves."""

import os
import subprocess
import sys

import pytest

CODE = """
import numpy as np
from taskc.backends.local.kernels import bordered
from taskc.backends.local.network import FEWEST, Network, Scratch

if not bordered():
    raise SystemExit(77)
network = object.__new__(Network)
network.scratch, network._pool, network._bordered = Scratch(), None, True
dice = np.random.default_rng(0)
for rows, features in ((960, 576), (576, 1536), (64, 40)):
    matrix = dice.standard_normal((rows, features)).astype(np.float32)
    x = dice.standard_normal((features, 700)).astype(np.float32)
    seen = set()
    for count in (FEWEST, 9, 15, 16, 17, 31, 64, 100, 288, 289, 400, 700):
        for first in {0, 3, count // 2, count - 1}:
            columns = np.resize(np.arange(1, 700), count)
            columns[first] = 0
            part = np.ascontiguousarray(x[:, columns])
            seen.add(network._apply(matrix, part, "out")[:, first].tobytes())
    assert len(seen) == 1, (rows, features, len(seen))
"""


@pytest.mark.parametrize("kernels", ["Haswell", "Zen"])
def test_a_column_has_the_same_bits_wherever_it_stands(kernels):
    environment = {**os.environ, "OPENBLAS_CORETYPE": kernels, "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode == 77:
        pytest.skip(f"this machine has no kernels of {kernels}")
    assert ran.returncode == 0, ran.stderr
