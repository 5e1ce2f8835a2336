"""llama.cpp's own server over one model file, as a process: says its address, ends with its standard input.

Called as `llama.py MODEL`. One thread: several wait for each other by spinning, which takes seconds a token
on a machine that does something else as well.
"""

import sys

import xllamacpp


def main(path: str) -> None:
    given = xllamacpp.CommonParams()
    given.model.path = path
    given.port = 0
    given.n_parallel = 4
    given.n_ctx = 1024 * given.n_parallel
    given.cache_type_k = given.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 1
    given.sampling.top_k = 1  # the likeliest token, whatever temperature is asked for
    given.warmup = given.ui = False
    given.verbosity = 0
    server = xllamacpp.Server(given)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
