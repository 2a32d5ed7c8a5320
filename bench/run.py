"""Measures Firebrand beside PyTorch, both in one run, and prints the table.

    python3 bench/run.py [--rows epoch-loader,add] [--quick] [--no-pytorch]

PyTorch comes from a virtual environment of its own, .venv-bench, which is made here the first time ($BENCH_PYTHON names
another Python that has torch and torchvision). Where that cannot be had, a notice says so and Firebrand's numbers stand
alone. Both sides answer the same requests (bench/torch_side.py tells how), turn by turn, so that each ratio is of two
measurements made one after the other on the same machine; the table has the median of those ratios. Nothing here fails
because a number is bad. Results go to bench-results/latest.md and latest.json.
"""

import argparse
import datetime
import gzip
import json
import os
import pathlib
import platform
import select
import shutil
import statistics
import subprocess
import sys
import time

import network_rows
import operator_rows

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench-results"
VENV = ROOT / ".venv-bench"
DATA_FILES = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]

LAYERS = [(784, 512), (512, 512), (512, 10)]
LONG = ["epoch-loader", "epoch-preloaded", "test-pass", "loader-only"]
MATMULS = [f"matmul 64x{i}x{o} {which}" for i, o in LAYERS for which in ("forward", "grad-input", "grad-weight")]
ADDS = ["add", "add recorded", "add forward+backward"]
# These two start processes of their own.
START, MEMORY = "start", "memory"
OPERATORS = operator_rows.ROWS
NETWORKS = network_rows.ROWS
FILES = ["save-vgg16", "load-vgg16", "load-mapped-vgg16"]
ROWS = [*LONG, *MATMULS, *ADDS, START, MEMORY, *OPERATORS, *NETWORKS, *FILES]

TITLES = {
    "epoch-loader": "training epoch through the loader", "epoch-preloaded": "training epoch, preloaded tensors",
    "test-pass": "test pass", "loader-only": "loader only", "add": "add, one element",
    "add recorded": "add, one element, recorded", "add forward+backward": "add, one element, forward + backward",
    "save-vgg16": "save VGG-16's state dict, 528 MB", "load-vgg16": "load it", "load-mapped-vgg16": "load it, mapped",
    START: "process start to first result", MEMORY: "peak memory of a training epoch through the loader",
}

# How many times faster (or smaller) than PyTorch each row is to be.
BARS = {"epoch-loader": 5, "epoch-preloaded": 2.2, "test-pass": 4, "loader-only": 15, START: 30, MEMORY: 4,
        **dict.fromkeys(MATMULS, 1.8), **dict.fromkeys(ADDS, 4),
        **{row: 3 if row in operator_rows.SMALL else 1 for row in OPERATORS}, **dict.fromkeys(NETWORKS, 1),
        "save-vgg16": 1, "load-vgg16": 1, "load-mapped-vgg16": 1}

# The best that any peer reached, measured once on a machine of this kind (2 cores, AMD, AVX-512; medians of 3 rounds):
# JAX 0.10, NumPy 2.4 and MLX 0.32. A column for orientation: it was not measured in this run. The unit is seconds, or MiB.
BEST = {
    "epoch-loader": (0.85, "JAX"), "epoch-preloaded": (0.75, "JAX"), MEMORY: (95, "MLX"), "add": (0.24e-6, "NumPy"),
    START: (0.020, "MLX"), "matmul 64x784x512 forward": (169e-6, "NumPy"),
    "add 64 contiguous": (0.27e-6, "NumPy"), "add 32Ki contiguous": (2.3e-6, "NumPy"), "add 4Mi contiguous": (732e-6, "all"),
    "exp 64 contiguous": (0.26e-6, "NumPy"), "exp 32Ki contiguous": (11.5e-6, "NumPy"),
    "exp 4Mi contiguous": (527e-6, "PyTorch compiled"), "matmul 256x256": (84e-6, "NumPy"),
    "matmul 1024x1024": (4.9e-3, "NumPy"), "bmm 64x128x128": (737e-6, "TensorFlow"),
    "sum 1024x1024": (24e-6, "PyTorch"), "softmax 1024x1024": (223e-6, "TensorFlow"),
    "gelu 64 contiguous": (4.8e-6, "JAX"), "gelu 32Ki contiguous": (10.4e-6, "PyTorch"), "gelu 4Mi contiguous": (760e-6, "PyTorch"),
    "layer_norm forward": (263e-6, "PyTorch compiled"), "conv2d 3x3 forward": (4.0e-3, "PyTorch channels-last"),
    "conv2d 3x3 forward+backward": (13.8e-3, "PyTorch channels-last"), "resnet18 step": (72e-3, "PyTorch"),
    "vgg16 inference 1": (86e-3, "PyTorch compiled"), "encoder_layer step": (74e-3, "TensorFlow"),
    "lstm forward+backward": (15.1e-3, "PyTorch"), "adamw 25M": (11.3e-3, "PyTorch fused"),
}
BEST_NOTE = ("Best peer: measured once on a machine with 2 AMD cores and AVX-512 (JAX 0.10, NumPy 2.4, MLX 0.32, TensorFlow 2.21), "
             "not in this run. Within 15% counts as a tie.")


def notice(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


# --- PyTorch and its data --------------------------------------------------------------------------------------------


def has_torch(python):
    probe = "import importlib.util as u, sys; sys.exit(not (u.find_spec('torch') and u.find_spec('torchvision')))"
    try:
        return subprocess.run([python, "-c", probe], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def torch_python():
    """A Python that has PyTorch, or None after a notice that says why there is none."""
    if os.environ.get("BENCH_PYTHON"):
        python = os.environ["BENCH_PYTHON"]
        if has_torch(python):
            return python
        notice(f"{python} ($BENCH_PYTHON) has no torch and torchvision: measuring Firebrand alone")
        return None
    python = str(VENV / "bin" / "python")
    if has_torch(python):
        return python
    notice("installing PyTorch into .venv-bench; this happens once and downloads a few gigabytes")
    for command in ([sys.executable, "-m", "venv", str(VENV)],
                    [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "torch", "torchvision"]):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            lines = [line for line in done.stdout.splitlines() if line.strip()] or ["no reason given"]
            why = next((line for line in lines if line.startswith("ERROR")), lines[-1])
            if "ensurepip" in done.stdout:
                why = "python3-venv is not installed"
            notice(f"PyTorch cannot be had ({why}): measuring Firebrand alone")
            return None
    return python


def prepare_data():
    """The folder with the extracted files that both sides read, or None when there are none to be had."""
    target = RESULTS / "data"
    raw = target / "FashionMNIST" / "raw"
    roots = [pathlib.Path(p) for p in (os.environ.get("FIREBRAND_DATA"), ROOT / "data") if p]
    for name in DATA_FILES:
        if (raw / name).is_file():
            continue
        for folder in (root / "FashionMNIST" / "raw" for root in roots):
            plain, packed = folder / name, folder / f"{name}.gz"
            if not plain.is_file() and not packed.is_file():
                continue
            raw.mkdir(parents=True, exist_ok=True)
            partial = raw / f".{name}.partial"
            with (plain.open("rb") if plain.is_file() else gzip.open(packed)) as source, partial.open("wb") as copy:
                shutil.copyfileobj(source, copy)
            partial.rename(raw / name)
            break
        else:
            return None
    return target


# --- The two sides ---------------------------------------------------------------------------------------------------


class Failed(Exception):
    pass


class Side:
    """One program that answers row names with measurements."""

    def __init__(self, name, command, environment):
        self.name, self.command, self.environment = name, command, environment
        self.process = None
        self.checks = {}

    def ask(self, row):
        if self.process is None:
            self.process = subprocess.Popen([*self.command, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            env=self.environment)
        try:
            self.process.stdin.write(f"{row}\n".encode())
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            code = self.process.wait()
            self.process = None
            raise Failed(f"{self.name} ended with exit code {code} in row {row}")
        try:
            reply = json.loads(line)
        except ValueError:
            raise Failed(f"{self.name} answered row {row} with {line.decode(errors='replace').strip()!r}") from None
        if "error" in reply:
            raise Failed(f"{self.name}, row {row}: {reply['error']}")
        if "check" in reply:
            self.checks[row] = reply["check"]
        return reply["seconds"]

    def start_seconds(self):
        """From asking for the process to the first byte it prints."""
        command = ([self.command[0], "-u", "-c", "import torch; print(torch.ones(5) + 1)"] if self.name == "PyTorch"
                   else [*self.command, "--row", "start"])
        begin = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=self.environment) as process:
            select.select([process.stdout], [], [])
            seconds = time.perf_counter() - begin
            text = process.stdout.read().decode()
        if process.returncode != 0 or "2., 2., 2., 2., 2." not in text:
            raise Failed(f"{self.name}, row start: exit code {process.returncode}, printed {text.strip()!r}")
        return seconds

    def peak_mebibytes(self):
        """What a process that does nothing but row epoch-loader took at its largest."""
        process = subprocess.Popen([*self.command, "--row", "epoch-loader", "--rounds", "1"], stdout=subprocess.DEVNULL,
                                   env=self.environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise Failed(f"{self.name}, row memory: exit code {process.returncode}")
        return usage.ru_maxrss / 1024

    def measure(self, row):
        return self.start_seconds() if row == START else self.peak_mebibytes() if row == MEMORY else self.ask(row)

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


def busy_share(seconds=0.3):
    """The share of this machine's cores that others keep busy while this program sleeps; None where that is not known."""
    def ticks():
        with open("/proc/stat") as stat:
            fields = [int(f) for f in stat.readline().split()[1:9]]
        return sum(fields), fields[3] + fields[4]
    try:
        total, idle = ticks()
        time.sleep(seconds)
        total_after, idle_after = ticks()
    except (OSError, ValueError, IndexError):
        return None
    return 1 - (idle_after - idle) / max(1, total_after - total)


class Quiet:
    """Waits for the machine to be quiet before a row, three minutes in all: a thread that waits for a core that somebody
    else has makes a matrix product of a fifth of a millisecond last eight."""

    def __init__(self):
        self.patience, self.disturbed = 180.0, []

    def wait(self, row):
        told = False
        while (share := busy_share()) is not None and share > 0.15:
            if self.patience <= 0:
                notice(f"the machine is still busy ({share:.0%}): row {row} will be noisy")
                self.disturbed.append(row)
                return
            if not told:
                notice(f"the machine is busy ({share:.0%}); waiting for it")
                told = True
            begin = time.monotonic()
            time.sleep(2)
            self.patience -= time.monotonic() - begin


def rounds_of(row, quick):
    """(warm-up rounds, measured rounds)"""
    if row == MEMORY:
        return (0, 1) if quick else (0, 3)
    if row == START:
        return (1, 3) if quick else (2, 11)
    if row in LONG:
        return (1, 2) if quick else (1, 5)
    if row in OPERATORS or row in NETWORKS or row in FILES:
        return (1, 3) if quick else (1, 9)
    return (1, 5) if quick else (2, 15)


def measure_row(row, sides, quick):
    """{side: samples}, paired: the n-th samples of both sides were taken one after the other. A side that fails has none."""
    warm_up, measured = rounds_of(row, quick)
    samples = {side.name: [] for side in sides}
    failed = set()
    for number in range(warm_up + measured):
        # The side that goes first changes, so that neither always finds the machine as the other left it.
        for side in sides if number % 2 == 0 else reversed(sides):
            if side.name in failed:
                continue
            try:
                value = side.measure(row)
            except Failed as error:
                notice(str(error))
                failed.add(side.name)
                samples[side.name] = []
                continue
            if number >= warm_up:
                samples[side.name].append(value)
    return samples


def best_setting(row, side, quick):
    """(seconds, setting) of PyTorch's best for a network row, itself left out; None where there is no other setting."""
    found = []
    for setting in network_rows.SETTINGS.get(row, ()):
        try:
            side.ask(f"{row} @{setting}")
            found.append((statistics.median(side.ask(f"{row} @{setting}") for _ in range(2 if quick else 5)), setting))
        except Failed as error:
            notice(str(error))
    return min(found, default=None)


# --- The table -------------------------------------------------------------------------------------------------------


def shown(row, value):
    if value is None:
        return "–"
    if row == MEMORY:
        return f"{value:.0f} MiB"
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e6:.2g} µs"


def summarise(row, samples):
    ours, theirs = samples.get("Firebrand") or [], samples.get("PyTorch") or []
    ratios = [t / o for o, t in zip(ours, theirs)]
    result = {"row": row, "firebrand": statistics.median(ours) if ours else None,
              "pytorch": statistics.median(theirs) if theirs else None,
              "ratio": statistics.median(ratios) if ratios else None, "bar": BARS[row],
              "samples": {"firebrand": ours, "pytorch": theirs}}
    result["met"] = None if result["ratio"] is None else result["ratio"] >= BARS[row]
    if row in BEST:
        result["best_peer"], result["best_peer_name"] = BEST[row]
        if ours:
            against = result["firebrand"] / result["best_peer"]
            result["against_best_peer"] = "ahead" if against < 1 else "tie" if against <= 1.15 else "behind"
    return result


def table(results):
    lines = ["| row | Firebrand | PyTorch | ratio | bar | met | best peer |", "|---|---:|---:|---:|---:|:---:|---|"]
    for r in results:
        row = r["row"]
        ratio = "–" if r["ratio"] is None else f"{r['ratio']:.1f}×"
        met = "–" if r["met"] is None else "yes" if r["met"] else "**no**"
        best = "–"
        if "pytorch_best" in r:
            best = f"{shown(row, r['pytorch_best'])} PyTorch {r['pytorch_best_setting']}"
        if "best_peer" in r:
            verdict = f", {r['against_best_peer']}" if "against_best_peer" in r else ""
            best = f"{best}; " * (best != "–") + f"{shown(row, r['best_peer'])} {r['best_peer_name']}{verdict}"
        lines.append(f"| {TITLES.get(row, row)} | {shown(row, r['firebrand'])} | {shown(row, r['pytorch'])} | {ratio} | "
                     f"{r['bar']:g}× | {met} | {best} |")
    return "\n".join(lines)


def families(results):
    """The operator rows of each family in one line: the geometric mean of the ratios, and the worst of them."""
    lines = ["| operators | rows | geometric mean | at 64 elements | slowest row |", "|---|---:|---:|---:|---|"]
    family_of = {**operator_rows.FAMILIES, **network_rows.FAMILIES}
    measured = [r for r in results if r["row"] in family_of and r["ratio"] is not None]

    def mean(rows):
        return f"{statistics.geometric_mean(r['ratio'] for r in rows):.1f}×" if rows else "–"
    for family in dict.fromkeys(family_of[r["row"]] for r in measured):
        rows = [r for r in measured if family_of[r["row"]] == family]
        slowest = min(rows, key=lambda r: r["ratio"])
        lines.append(f"| {family} | {len(rows)} | {mean(rows)} | {mean([r for r in rows if r['row'] in operator_rows.SMALL])} "
                     f"| {slowest['row']}: {slowest['ratio']:.2g}× |")
    for title, part in (("all operators", operator_rows.FAMILIES), ("all networks", network_rows.FAMILIES)):
        rows = [r for r in measured if r["row"] in part]
        if not rows:
            continue
        lines.append(f"| {title} | {len(rows)} | {mean(rows)} "
                     f"| {mean([r for r in rows if r['row'] in operator_rows.SMALL])} | |")
    return "\n".join(lines) if measured else ""


def machine():
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            name = next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return name


def commit():
    def git(*arguments):
        try:
            return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True).stdout.strip()
        except OSError:
            return ""
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("+changes" if git("status", "--porcelain") else "")


def version_of_torch(python):
    done = subprocess.run([python, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True)
    return done.stdout.strip() or None


def main():
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description="Measure Firebrand beside PyTorch.")
    parser.add_argument("--rows", help=f"the rows to measure, with commas between; the beginning of a name takes all that "
                                       f"begin so (default: all of {', '.join(ROWS)})")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a first look, not a result")
    parser.add_argument("--eager-only", action="store_true", help="leave out PyTorch's other settings, some of which compile")
    parser.add_argument("--threads", type=int, default=cores, help=f"threads of both sides (default: {cores})")
    parser.add_argument("--no-pytorch", action="store_true", help="measure Firebrand alone")
    parser.add_argument("--firebrand", default=str(ROOT / ".build" / "release" / "firebrand-bench"), metavar="PROGRAM",
                        help="Firebrand's side (default: .build/release/firebrand-bench)")
    options = parser.parse_args()

    rows = ROWS
    if options.rows:
        wanted = [name.strip() for name in options.rows.split(",")]
        for name in wanted:
            if not any(row.startswith(name) for row in ROWS):
                parser.error(f"no row is called {name!r}; there are {', '.join(ROWS)}")
        # A whole name means that row alone ("add"), the beginning of some means all of those ("matmul").
        rows = [row for row in ROWS if any(row == n or (n not in ROWS and row.startswith(n)) for n in wanted)]
    if not os.access(options.firebrand, os.X_OK):
        sys.exit(f"bench: {options.firebrand} is not there: `make bench` builds it")

    python = None if options.no_pytorch else torch_python()
    files = RESULTS / "files"
    files.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads), "FIREBRAND_BENCH_FILES": str(files)}
    data = prepare_data()
    if data is not None:
        environment["FIREBRAND_DATA"] = str(data)
    else:
        left_out = [row for row in rows if row in LONG or row == MEMORY]
        rows = [row for row in rows if row not in left_out]
        if left_out:
            notice("no Fashion-MNIST under $FIREBRAND_DATA or data (`make run` downloads it): leaving out " + ", ".join(left_out))

    sides = [Side("Firebrand", [options.firebrand], environment)]
    if python:
        sides.append(Side("PyTorch", [python, str(ROOT / "bench" / "torch_side.py")], environment))

    quiet = Quiet()
    results, started = [], datetime.datetime.now(datetime.timezone.utc)
    try:
        for row in rows:
            quiet.wait(row)
            notice(f"measuring {row}")
            results.append(summarise(row, measure_row(row, sides, options.quick)))
            if row in NETWORKS and len(sides) == 2 and not options.eager_only and (best := best_setting(row, sides[1], options.quick)):
                results[-1]["pytorch_best"], results[-1]["pytorch_best_setting"] = best
            checks = [side.checks[row] for side in sides if row in side.checks]
            if len(checks) == 2 and abs(checks[0] - checks[1]) > 1e-4 * abs(checks[1]):
                notice(f"the two sides did not do the same work in {row}: {checks[0]} beside {checks[1]}")
                results[-1]["checks_differ"] = checks
    finally:
        for side in sides:
            side.close()
        shutil.rmtree(files, ignore_errors=True)

    torch_version = version_of_torch(python) if python else None
    header = (f"Firebrand {commit()}, " + (f"PyTorch {torch_version}, " if torch_version else "no PyTorch, ")
              + f"{options.threads} threads on {cores} cores of {machine()}, {started:%Y-%m-%d}"
              + (", quick" if options.quick else "") + ".")
    notes = f"Ratio: the median of the paired ratios PyTorch / Firebrand. {BEST_NOTE}"
    if quiet.disturbed:
        notes += f" Measured while the machine was busy, so of little worth: {', '.join(quiet.disturbed)}."
    text = f"{header}\n\n{table(results)}\n\n{families(results)}\n\n{notes}\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.md").write_text(text)
    (RESULTS / "latest.json").write_text(json.dumps({
        "date": started.isoformat(timespec="seconds"), "commit": commit(), "pytorch": torch_version, "cpu": machine(),
        "cores": cores, "threads": options.threads, "quick": options.quick, "measured_while_busy": quiet.disturbed,
        "rows": results}, indent=1) + "\n")
    print(text)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
