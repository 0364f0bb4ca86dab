"""What the decoder's benchmarks share: the corpus, the product's reports and the rows that run.py reads."""
import ctypes
import json
import os
import resource
import subprocess
import sys


def corpus_files():
    """Every file under PHOTOTUI_CORPUS, in path order."""
    root = os.environ.get("PHOTOTUI_CORPUS")
    if not root:
        sys.exit("name the folder of photos in PHOTOTUI_CORPUS, or start this by scripts/bench/run.py")
    found = []
    for folder, _, names in os.walk(root):
        found += [os.path.join(folder, name) for name in names if name != "manifest.jsonl"]
    return sorted(found)


def product(files, task="process", workers=2):
    """The product's report on each file by path, and what all of it cost."""
    programs = os.environ.get("PHOTOTUI_PROGRAMS")
    if not programs:
        sys.exit("name the folder of phototui-bench in PHOTOTUI_PROGRAMS, or start this by scripts/bench/run.py")
    command = [f"{programs}/phototui-bench", "process", "--workers", str(workers), "--task", task, "--files-from-input"]
    # Decoders that outlive phototui-bench become children of this process, so that their time is counted (prctl(2), 36).
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, input="\n".join(files) + "\n", stdout=subprocess.PIPE, text=True, check=True)
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    lines[-1]["processor_seconds"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {line["path"]: line for line in lines[:-1]}, lines[-1]


def row(figure, bar, measured, met, peer=None, ratio=None, note=None):
    print(
        json.dumps(
            {"figure": figure, "bar": bar, "measured": measured, "peer": peer, "ratio": ratio, "met": met, "note": note}),
        flush=True)
