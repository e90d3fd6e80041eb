#!/usr/bin/env bash
# Makes the native TensorFlow backend in .native/: the npm package @tensorflow/tfjs-node with the TensorFlow library of a
# PyPI wheel, so that nothing but package registries is needed. The next command of `pipeline` finds it there.
#   npm run setup:native            does nothing when it works already
#   rm -rf .native                  takes it away again
# Wants Linux with glibc, python3 with pip, g++, and 900 MB of disk. Elsewhere: npm install @tensorflow/tfjs-node
set -euo pipefail
cd "$(dirname "$0")/.."

TFJS_NODE=4.22.0
TENSORFLOW=2.15.1 # the oldest headers that the addon compiles with, and newer ones, do as well

fail() {
  echo "setup:native: $1" >&2
  exit 1
}

package=.native/node_modules/@tensorflow/tfjs-node

works() {
  [ -f "$package/lib/napi-v8/tfjs_binding.node" ] && TF_CPP_MIN_LOG_LEVEL=2 node -e '
    require("util").isNullOrUndefined ??= (value) => value == null;
    const tf = require(require("path").resolve(process.argv[1]));
    const [product] = tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync();
    if (tf.getBackend() !== "tensorflow" || product !== 3) process.exit(1);' "$package" 2>/dev/null
}

if works; then
  echo "setup:native: TensorFlow works already"
  exit 0
fi

case "$(uname -s) $(uname -m)" in
  'Linux x86_64') wheel_name=tensorflow-cpu platform=x86_64 ;;
  'Linux aarch64') wheel_name=tensorflow-cpu-aws platform=aarch64 ;;
  *) fail "not for $(uname -s) $(uname -m); try: npm install @tensorflow/tfjs-node" ;;
esac
node -e 'process.exit(process.report.getReport().header.glibcVersionRuntime ? 0 : 1)' || fail 'TensorFlow needs glibc'
command -v g++ >/dev/null || fail 'g++ is missing (Debian: apt-get install g++)'
python3 -m pip --version >/dev/null 2>&1 || fail 'pip is missing (Debian: apt-get install python3-pip)'

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p .native
free="$(df -Pk .native | awk 'NR == 2 { print int($4 / 1024) }')"
[ "$free" -ge 900 ] || fail "$free MB are free, 900 MB are needed"

echo "setup:native: installing @tensorflow/tfjs-node $TFJS_NODE"
echo '{ "name": "native-tensorflow", "version": "0.0.0", "private": true }' >.native/package.json
npm install --prefix .native --ignore-scripts --save-exact --no-audit --no-fund "@tensorflow/tfjs-node@$TFJS_NODE" \
  >"$work/npm.log" 2>&1 || fail "npm could not install it: $(tail -n 3 "$work/npm.log")"

echo "setup:native: fetching TensorFlow $TENSORFLOW (about 200 MB)"
# The wheel is only unpacked, so any of Python's versions that it is made for will do.
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 311 \
  --implementation cp --abi cp311 --platform "manylinux_2_17_$platform" --platform "manylinux2014_$platform" \
  --dest "$work" "$wheel_name==$TENSORFLOW" >"$work/pip.log" 2>&1 || fail "pip could not: $(tail -n 3 "$work/pip.log")"

deps="$package/deps"
rm -rf "$deps"
mkdir -p "$deps/lib"
python3 - "$work"/*.whl "$deps" <<'PY'
import pathlib, re, shutil, sys, zipfile

wheel, deps = sys.argv[1], pathlib.Path(sys.argv[2])
HEADERS = re.compile(r"tensorflow/(include/(?:tensorflow/(?:c|core/platform|tsl)|tsl/(?:c|platform)|xla/tsl/c)/.*\.h)$")
LIBRARIES = re.compile(r"tensorflow/(libtensorflow_(?:cc|framework)\.so\.2)$")
with zipfile.ZipFile(wheel) as archive:
    for info in archive.infolist():
        header, library = HEADERS.match(info.filename), LIBRARIES.match(info.filename)
        if header is None and library is None:
            continue
        target = deps / header[1] if header else deps / "lib" / library[1]
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as source, open(target, "wb") as file:
            shutil.copyfileobj(source, file)
PY
# The C interface is part of the C++ library.
ln -s libtensorflow_cc.so.2 "$deps/lib/libtensorflow.so"
ln -s libtensorflow_framework.so.2 "$deps/lib/libtensorflow_framework.so"
if command -v strip >/dev/null; then strip --strip-unneeded "$deps"/lib/*.so.2 2>/dev/null || true; fi

echo 'setup:native: compiling the addon'
headers="$(node -p 'require("path").resolve(process.execPath, "../../include/node")')"
if [ ! -f "$headers/node_api.h" ]; then
  npm install --prefix "$work" --ignore-scripts --no-save --no-audit --no-fund node-api-headers@1 >"$work/npm.log" 2>&1 ||
    fail 'the headers of Node could not be installed'
  headers="$work/node_modules/node-api-headers/include"
fi
mkdir -p "$package/lib/napi-v8"
g++ -O2 -fPIC -shared -std=gnu++17 -DNAPI_VERSION=8 -DBUILDING_NODE_EXTENSION "-I$headers" "-I$deps/include" \
  -o "$package/lib/napi-v8/tfjs_binding.node" "$package/binding/tfjs_backend.cc" "$package/binding/tfjs_binding.cc" \
  "-L$deps/lib" -ltensorflow -ltensorflow_framework '-Wl,-rpath,$ORIGIN/../../deps/lib' >"$work/build.log" 2>&1 ||
  fail "the addon did not compile: $(tail -n 5 "$work/build.log")"
works || {
  rm -f "$package/lib/napi-v8/tfjs_binding.node"
  fail 'the addon was built, but does not work'
}
echo 'setup:native: TensorFlow works; pipeline doctor shows it'
