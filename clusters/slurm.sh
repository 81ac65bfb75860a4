#!/bin/bash
# Ray over the machines of a Slurm job, and one raysys command on it; everything ends with the command.
#
#   sbatch clusters/slurm.sh sweep gravel --trials 24 --concurrent 6 --set storage=/shared/runs
#   sbatch --nodes=4 --gpus-per-node=1 clusters/slurm.sh train unet --set scaling.gpu=true --set storage=/shared/runs
#
# The folder of `storage` is one that all machines see, and raysys is on the path of each (a shared environment, activated
# before sbatch). Where the time is up, or a machine is taken away, the command is told two minutes before: it keeps its
# checkpoints, the job is queued again, and goes on from them with --resume.
#
#SBATCH --job-name=raysys
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --mem=32G
#SBATCH --time=08:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=raysys-%j.log

set -euo pipefail

if [ $# -eq 0 ]; then
    echo "usage: sbatch [options of sbatch] $0 COMMAND [arguments of raysys COMMAND]" >&2
    exit 2
fi

# One password for this job: whoever has it can run code on its machines. It stands in the environment, which only you see.
export RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0 OMP_NUM_THREADS=1
RAY_AUTH_TOKEN=$(python -c 'import secrets; print(secrets.token_hex(32))')
export RAY_AUTH_TOKEN

# Several jobs may share a machine: ports and folders are each job's own. Unix sockets need short paths.
port=$((20000 + SLURM_JOB_ID % 10000))
folder=/tmp/raysys-$SLURM_JOB_ID
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
address=$(srun --nodes=1 --ntasks=1 -w "$head" hostname -I | cut -d' ' -f1)
cpus=${SLURM_CPUS_PER_TASK:-1}
# CUDA_VISIBLE_DEVICES of the job names its GPUs; Ray counts those it sees.
export RAY_ADDRESS=$address:$port

steps=()
finish() {
    # The steps are Ray's processes; without Ray's own `ray stop`, which would also end other jobs on these machines.
    [ ${#steps[@]} -eq 0 ] || kill "${steps[@]}" 2> /dev/null || true
    wait "${steps[@]}" 2> /dev/null || true
    srun --overlap --ntasks-per-node=1 rm -rf "$folder" 2> /dev/null || true
}
trap finish EXIT

srun --overlap --nodes=1 --ntasks=1 -w "$head" ray start --head --block --node-ip-address="$address" --port="$port" \
    --num-cpus="$cpus" --temp-dir="$folder" --include-dashboard=false --disable-usage-stats &
steps+=($!)

others=$((SLURM_JOB_NUM_NODES - 1))
if [ "$others" -gt 0 ]; then
    # They ask for the head until it answers.
    srun --overlap --nodes="$others" --ntasks="$others" --exclude="$head" bash -c \
        "until ray health-check --address $RAY_ADDRESS 2> /dev/null; do sleep 1; done
         exec ray start --block --address=$RAY_ADDRESS --num-cpus=$cpus --temp-dir=$folder --disable-usage-stats" &
    steps+=($!)
fi

for _ in $(seq 120); do
    nodes=$(python -c 'import ray; ray.init(address="auto", logging_level="ERROR"); print(len(ray.nodes()))' 2> /dev/null || echo 0)
    [ "$nodes" -ge "$SLURM_JOB_NUM_NODES" ] && break
    sleep 1
done
echo "Ray at $RAY_ADDRESS with ${nodes:-0} of $SLURM_JOB_NUM_NODES machines"

arguments=("$@")
# Slurm has queued this job again: what it had begun is gone on with. Farms do so by themselves, from their folder.
if [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ]; then
    case $1 in train | sweep) arguments+=(--resume) ;; esac
fi

raysys "${arguments[@]}" &
command=$!
told=0
trap 'told=1; kill -TERM "$command" 2> /dev/null' TERM
code=0
wait "$command" || code=$?
# The signal has interrupted the first `wait`: the command is still ending.
if [ "$told" -eq 1 ]; then
    wait "$command" || code=$?
    scontrol requeue "$SLURM_JOB_ID" || true
fi
exit "$code"
