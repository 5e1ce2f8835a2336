"""lm-eval: a YAML task of the form of its own MMLU, `build_all_requests`, its instances written.

Called as `lm_eval_build.py FOLDER SHOTS OUT` by lm-eval's own Python; FOLDER holds the data and the YAML.
The index of the tasks that lm-eval ships, which its command makes at every start, is left out.
"""

import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"

from lm_eval.tasks import TaskManager


def main(folder: Path, shots: int, out: Path) -> None:
    manager = TaskManager(include_path=folder, include_defaults=False)
    (task,) = manager.load(["words"])["tasks"].values()
    task.set_config("num_fewshot", shots)
    task.build_all_requests()
    with out.open("w") as written:
        for one in task.instances:
            request = {"doc": one.doc_id, "option": one.idx, "arguments": one.arguments}
            written.write(json.dumps(request) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
