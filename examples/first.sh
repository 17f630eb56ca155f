#!/usr/bin/env bash
# The first command of the README: everything from a fresh checkout to a zone lost under load.
# Makes .venv and installs msklite into it (once), starts three zones with a broker each, streams
# three real data sets through a topic each with three different clients, and compares what comes
# back byte for byte; then writes all the time while it kills a zone and brings it back, compares
# again, and stops the cluster. MSKLITE_HOME is respected; without it the cluster lives in .demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source examples/venv.sh

export MSKLITE_HOME="${MSKLITE_HOME:-$PWD/.demo}" MSKLITE_CLUSTER=first MSKLITE_API=0
trap 'msklite down' EXIT
msklite up -d
bootstrap=$(msklite bootstrap)
python examples/stream_datasets.py "$bootstrap"

msklite topic delete --if-exists example-load > /dev/null
msklite topic create example-load --partitions 3
python examples/keep_writing.py "$bootstrap" example-load 10 &
load=$!
sleep 2.5
msklite zone kill az1
sleep 3
msklite topic describe example-load
msklite zone start az1
wait "$load"
msklite topic describe example-load

python examples/stream_datasets.py "$bootstrap" --again
msklite topic list
