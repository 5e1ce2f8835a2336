"""pass@k, from n samples of an item."""

import math


def pass_at_k(n: int, correct: int, k: int) -> float | None:
    """Give 1 − C(n − c, k) / C(n, k), the chance that one of k samples out of n passes, c of them correct.

    0 to 1, higher is better; None where there are fewer than k samples. The unbiased estimate of Chen et
    al. 2021, equation 1. A sample without an answer does not pass.
    """
    if not 1 <= k <= n:
        return None
    return 1.0 - math.comb(n - correct, k) / math.comb(n, k)
