#!/bin/sh
# Installs the wheel for an image, without what no question needs:
#   install.sh WHEELS FOLDER EXTRAS [--index ADDRESS REQUIREMENT]
set -eu
wheels=$1 folder=$2 extras=${3:-}
constraints=$(dirname "$0")/constraints.txt

python -m venv --without-pip "$folder"
install() {
  python -m pip --disable-pip-version-check --python "$folder/bin/python" install --quiet \
    --no-cache-dir --no-compile --constraint "$constraints" "$@"
}
if [ "${4:-}" = --index ]; then
  install --index-url "$5" "$6"
fi
install "$(echo "$wheels"/*.whl)${extras:+[$extras]}"

# The library for programs in C; the module for Python holds the same code.
rm -f "$folder"/lib/python*/site-packages/onnxruntime/capi/libonnxruntime.so*
find "$folder" -depth -type d -name tests -exec rm -r {} +

# Only what is imported is compiled: a read-only image cannot do it later, and all takes 40 MB more.
PYTHONDONTWRITEBYTECODE='' "$folder/bin/python" -c "import service.serve, service.cli.app"
