"""How often intervals hold what they are about, by simulation, as tables in Markdown.

    python bench/coverage/run.py shares             # shares of variance: 10 settings, 50 to 300 items
    python bench/coverage/run.py lure               # ability, pull and excess, alone and in clusters
    python bench/coverage/run.py rates              # intervals of a rate, added up exactly
    python bench/coverage/run.py shares --rounds 200 --items 50

Prints to standard output; docs/effects.md and docs/scoring.md show what it printed. A seed is fixed.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices, and other work beside
sys.path.insert(0, str(Path(__file__).resolve().parent))

import lures
import rates
import variances


def main() -> None:
    """Print the table that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["shares", "lure", "rates"])
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--items", type=int, nargs="+", default=[50, 100, 300])
    flags = parser.parse_args()
    lines: Iterator[str]
    if flags.what == "shares":
        lines = variances.table(flags.items, flags.rounds)
    elif flags.what == "lure":
        lines = lures.table(flags.items, flags.rounds)
    else:
        lines = rates.table()
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
