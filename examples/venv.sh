# Sourced by examples/first.sh and tests/run: a virtual environment with msklite and its test tools.
# An active one is used as it is when it has them; else .venv is made here. PYTHON picks the Python.
if ! python -c 'import msklite, pytest, kio, vega_datasets, confluent_kafka' 2>/dev/null; then
  if [ ! -x .venv/bin/python ]; then
    "${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
      echo "msklite needs Python 3.11 or newer; set PYTHON to one." >&2
      exit 1
    }
    "${PYTHON:-python3}" -m venv .venv
  fi
  source .venv/bin/activate
  # The stamp tells whether pyproject.toml has changed since it was installed.
  if [ ! -e .venv/stamp ] || [ pyproject.toml -nt .venv/stamp ]; then
    pip install --quiet --disable-pip-version-check -e '.[test]'
    touch .venv/stamp
  fi
fi
