"""Times gotrain's training steps beside PyTorch's, rounds interleaved, and prints a table.

    python3 bench/compare.py PYTHON [--rounds 3] [--threads 2,1] [--workloads vae:128,vae:1024,...]

PYTHON is one that has torch. A figure is the median over the rounds of the medians of a
round's steps. gotrain's steps include reading each batch; PyTorch's batch is fixed.
"""
import argparse
import datetime
import json
import platform
import statistics
import subprocess

configs = {"vae": "configs/vae-mnist.yaml", "mlp": "configs/mlp-mnist.yaml", "mlp512": "bench/mlp512.yaml", "lenet": "configs/lenet-mnist.yaml"}


def gotrain(workload, batch, threads):
    out = subprocess.run(
        ["bin/gotrain", "profile", configs[workload], "--data.batch", batch, "--threads", threads, "--steps", "400", "--json"],
        check=True, capture_output=True, text=True).stdout
    return json.loads(out)


def torch(python, workload, batch, threads, ways):
    out = subprocess.run(
        [python, "bench/torch_peers.py", workload, "--batch", batch, "--threads", threads, "--ways", ways],
        check=True, capture_output=True, text=True).stdout
    return {way: float(ms) for way, ms in (line.split("\t") for line in out.splitlines())}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("python")
    args.add_argument("--rounds", type=int, default=3)
    args.add_argument("--threads", default="2,1")
    args.add_argument("--workloads", default="vae:128,vae:1024,mlp:64,mlp512:128,lenet:128")
    args.add_argument("--ways", default="written,tuned,compiled")
    args = args.parse_args()
    rows = [(w, b, t) for w, b in (x.split(":") for x in args.workloads.split(",")) for t in args.threads.split(",")]
    ours, theirs = {r: [] for r in rows}, {r: [] for r in rows}
    for _ in range(args.rounds):
        for r in rows:
            ours[r].append(gotrain(*r))
            theirs[r].append(torch(args.python, *r, args.ways))
    cpu = next((l.split(": ")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    version = subprocess.run([args.python, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True).stdout.strip()
    print(f"{datetime.date.today()}, {cpu}, {subprocess.run(['bin/gotrain', '--version'], capture_output=True, text=True).stdout.strip()}, PyTorch {version}\n")
    ways = args.ways.split(",")
    print("| a training step, ms | threads | gotrain | share of FMA peak | " + " | ".join("PyTorch " + w for w in ways) + " | best PyTorch / gotrain | as written / gotrain |")
    print("|" + "---|" * (6 + len(ways)))
    for r in rows:
        ms = statistics.median(p["step_ms_median"] for p in ours[r])
        share = statistics.median(p["peak_share"] for p in ours[r])
        peer = {w: statistics.median(t[w] for t in theirs[r]) for w in ways}
        print(f"| {r[0]}, batch {r[1]} | {r[2]} | {ms:.3f} | {100 * share:.0f} % | " + " | ".join(f"{peer[w]:.3f}" for w in ways)
              + f" | **{min(peer.values()) / ms:.2f}** | {peer[ways[0]] / ms:.2f} |")


main()
