#!/usr/bin/env bash
# Makes the Python environments of the official tools that the full tests compare with. Sourced by .ci/run, or by hand:
#   . .ci/official-tools.sh && npm run test:full
# They lie in folders of their own, .venv-*, since they need different versions of protobuf.

official_tools() {
  local root="$1"
  shift
  local folder="$root/$1"
  shift
  local done_file="$folder/$(echo "$*" | sha256sum | cut -c1-16).done"
  if [ ! -f "$done_file" ]; then
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
    touch "$done_file"
  fi
}

tools_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
if ! python3 -c 'import ensurepip' 2>/dev/null; then
  apt-get update -qq && apt-get install -y -qq python3-venv
fi
official_tools "$tools_root" .venv-official ai-edge-litert==2.3.0 ml-metadata==1.17.1
official_tools "$tools_root" .venv-tensorflow tensorflow-cpu==2.21.0
official_tools "$tools_root" .venv-telemetry opentelemetry-proto==1.27.0 prometheus-client==0.21.0
export OFFICIAL_PYTHON="$tools_root/.venv-official/bin/python"
export OFFICIAL_TF_PYTHON="$tools_root/.venv-tensorflow/bin/python"
export OFFICIAL_TELEMETRY_PYTHON="$tools_root/.venv-telemetry/bin/python"
