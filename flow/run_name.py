"""What the folder of a run is called."""

import hashlib
import json
import re

from taskc.records import lines
from taskc.records.run import RunRecord
from taskc.records.simulated import PREFIX


def name_run(record: RunRecord) -> str:
    """Name a run after what it is: the same evaluation, run again, goes to the same folder."""
    tasks = sorted({row.task.partition(".")[0] for row in record.lowerings})
    head = tasks[0] if len(tasks) == 1 else f"{len(tasks)}-tasks"
    made_up = all(one.model.startswith(PREFIX) for one in record.models)
    model = (
        re.sub(r"[^A-Za-z0-9.]+", "-", record.models[0].model)[:80]
        if len(record.models) == 1
        else f"{len(record.models)}-{'simulated' if made_up else 'models'}"
    )
    what = json.dumps(
        [
            record.requests_sha256,
            [m.model for m in record.models],
            lines.plain(record.selection),
            record.limit,
        ]
    )
    return f"{head}-{model}-{hashlib.sha256(what.encode()).hexdigest()[:6]}"
