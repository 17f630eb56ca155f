#!/usr/bin/env bash
# The first command of the README: everything from a fresh checkout to bytes through a topic.
# Makes .venv and installs msklite into it (once), starts a cluster, streams three real data sets
# through a topic each with three different clients, and compares what comes back byte for byte; then
# kills the cluster with kill -9, starts it again, compares once more, and stops it.
# MSKLITE_HOME is respected; without it the cluster lives in .demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source examples/venv.sh

export MSKLITE_HOME="${MSKLITE_HOME:-$PWD/.demo}" MSKLITE_CLUSTER=first
trap 'msklite down' EXIT
msklite up -d --azs 1 --kafka-defaults
bootstrap=$(msklite bootstrap)
python examples/stream_datasets.py "$bootstrap"

pid=$(msklite status --output json | python -c 'import json, sys; print(json.load(sys.stdin)["pid"])')
kill -9 "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
echo "Killed process $pid with kill -9."
msklite up -d --azs 1 --kafka-defaults
python examples/stream_datasets.py "$bootstrap" --again
msklite topic list
