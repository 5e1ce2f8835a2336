# the interpreter of the checkout, if it has one
python := if path_exists(".venv/bin/python") == "true" { ".venv/bin/python" } else { "python3" }

# list what there is
default:
    @just --list

# all tests but the slow ones
test *args:
    {{ python }} -m pytest -n 2 {{ args }}

# the tests that take minutes or fetch a model
slow *args:
    {{ python }} -m pytest -m slow {{ args }}

lint:
    {{ python }} -m ruff check .
    {{ python }} -m ruff format --check .

types:
    {{ python }} -m mypy

# everything that a fresh clone must pass
ci:
    .ci/run

# how fast the embedded model is, what compiling and asking cost beside peers, what lints are worth (an hour)
bench:
    {{ python }} bench/local/speed.py
    {{ python }} bench/compile/run.py
    {{ python }} bench/eval/run.py --memory
    {{ python }} bench/lints/run.py

# 200,000 broken texts through the compiler: no traceback, no hang
fuzz *args:
    {{ python }} tests/tools/fuzz.py {{ args }}

# which changes of the checker and the lints do the tests not notice?
mutate *args:
    {{ python }} tests/tools/mutate.py {{ args }}
