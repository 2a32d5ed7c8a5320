#!/bin/sh
# Makes sure that the tests of the bridge to Python can run: a python3 of the system's with its shared library, NumPy and
# matplotlib. Nothing of Firebrand is built with it, and users need none of it unless they import FirebrandPython. Silent
# when nothing is missing.
set -eu

say() { printf '%s\n' "firebrand: $*" >&2; }

python=/usr/bin/python3

# Whether all is there; prints nothing.
complete() {
    [ -x "$python" ] && "$python" -c '
import ctypes, sysconfig
import numpy, matplotlib
ctypes.CDLL(sysconfig.get_config_var("INSTSONAME"))' >/dev/null 2>&1
}

if complete; then exit 0; fi

if ! command -v apt-get >/dev/null 2>&1; then
    say "the tests of the bridge to Python need $python with NumPy, matplotlib and its shared library; install them"
    exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root=env
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root='sudo -n env'
else
    say 'packages are missing; install them with:  sudo apt-get install -y python3-numpy python3-matplotlib libpython3-dev'
    exit 1
fi

log=$(mktemp "${TMPDIR:-/tmp}/firebrand-python.XXXXXX")
trap 'rm -f "$log"' EXIT
install() {
    # shellcheck disable=SC2086  # as_root is a command with its arguments
    $as_root DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 </dev/null
}

say 'installing python3-numpy and python3-matplotlib'
# The lists of packages are fetched only if the installation fails without.
# shellcheck disable=SC2086
if ! install python3-numpy python3-matplotlib; then
    $as_root apt-get update >"$log" 2>&1 && install python3-numpy python3-matplotlib || { cat "$log" >&2; exit 1; }
fi
# Debian's python3 has the interpreter inside; the shared library is a package named by the version.
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
install "libpython$version" || { cat "$log" >&2; exit 1; }

if ! complete; then
    say "$python still lacks NumPy, matplotlib or its shared library"
    exit 1
fi
