#!/usr/bin/env bash
# The first command of the README: everything from a fresh checkout to bytes through a topic.
# Makes .venv and installs msklite into it (once), starts a cluster, streams three real data sets
# through a topic each with three different clients, compares what comes back byte for byte, and
# stops the cluster. MSKLITE_HOME is respected; without it the cluster lives in .demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source examples/venv.sh

export MSKLITE_HOME="${MSKLITE_HOME:-$PWD/.demo}"
trap 'msklite down --name first' EXIT
msklite up -d --name first
python examples/stream_datasets.py "$(msklite bootstrap --name first)"
msklite topic list --name first
