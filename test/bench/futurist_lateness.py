"""Lateness of futurist's periodic tasks: TASKS HANG_PERCENT SECONDS POOL_SIZE. Prints one JSON object.

The same load and the same figures as lateness.ts: every task is due each second, on futurist's own grid (whole seconds of
the monotonic clock), and sleeps 1 ms; the share that hangs sleeps 30 s.
"""
import json
import math
import resource
import sys
import threading
import time

import futurist
from futurist import periodics

SPACING = 1.0
WARM_UP = 5.0

tasks, hang, seconds, pool_size = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])


def hangs(index):
    return math.floor((index + 1) * hang / 100) > math.floor(index * hang / 100)


def make_task(index, starts):
    delay = 30.0 if hangs(index) else 0.001

    @periodics.periodic(spacing=SPACING)
    def task():
        starts.append(time.monotonic())
        time.sleep(delay)

    return task


seen = [[] for _ in range(tasks)]
worker = periodics.PeriodicWorker(
    [(make_task(index, seen[index]), (), {}) for index in range(tasks)],
    executor_factory=lambda: futurist.ThreadPoolExecutor(max_workers=pool_size),
    schedule_strategy="aligned_last_finished",
)
threading.Thread(target=worker.start, daemon=True).start()

time.sleep(SPACING + WARM_UP)
window_from, cpu_from = time.monotonic(), time.process_time()
time.sleep(seconds)
window_to, cpu_to = time.monotonic(), time.process_time()
rss_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
time.sleep(0.1)

lateness, runs = [], 0
for index, recorded in enumerate(seen):
    if hangs(index):
        continue
    starts, at = list(recorded), 0
    due = math.ceil(window_from / SPACING) * SPACING
    while due < window_to:
        while at < len(starts) and starts[at] < due - 0.003:
            at += 1
        start = starts[at] if at < len(starts) else window_to
        lateness.append(max(0.0, min(start, window_to) - due))
        if at < len(starts) and start < due + SPACING:
            runs += 1
        due += SPACING

lateness.sort()


def percentile(share):
    return round(lateness[max(0, math.ceil(share * len(lateness)) - 1)] * 1000, 2)


print(json.dumps({
    "p50Millis": percentile(0.5),
    "p99Millis": percentile(0.99),
    "maxMillis": percentile(1.0),
    "runs": runs,
    "expected": len(lateness),
    "parked": 0,
    "cpuShare": round((cpu_to - cpu_from) / (window_to - window_from), 3),
    "rssBytes": rss_bytes,
}), flush=True)
# Thirty seconds of hanging threads would hold up an orderly exit.
import os  # noqa: E402
os._exit(0)
