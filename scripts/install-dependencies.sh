#!/bin/sh
# Makes sure that what Firebrand builds on is there: a Swift toolchain, oneDNN, zlib, libpng, libjpeg-turbo and GNU OpenMP to build with,
# OpenBLAS for linear algebra and libcurl to download data with. Silent when nothing is missing. Otherwise it installs the missing packages when it may
# (as root, or with a sudo that asks no password), or prints the one line to type.
set -eu

say() { printf '%s\n' "firebrand: $*" >&2; }
here() { command -v "$1" >/dev/null 2>&1; }

scratch=$(mktemp -d "${TMPDIR:-/tmp}/firebrand-setup.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# --- The toolchain -----------------------------------------------------------------------------------------------

if ! here swift; then
    say 'Swift 6.2 or newer is needed and there is no "swift" on PATH: get it from https://www.swift.org/install/linux/'
    exit 1
fi
# In the background, because asking takes longer than everything else here.
swift --version >"$scratch/version" 2>&1 &
version_query=$!

# --- What is missing ---------------------------------------------------------------------------------------------

# The toolchain's own compiler is asked to include and link, as the build will; no package's name or layout is assumed.
toolchain=$(dirname "$(readlink -f "$(command -v swift)")")
if [ -x "$toolchain/clang" ]; then compiler=$toolchain/clang; else compiler=clang; fi
here "$compiler" || compiler=cc

# links HEADER-OR-EMPTY LINKER-ARGUMENT...
links() {
    header=$1
    shift
    if [ -n "$header" ]; then printf '#include <%s>\n' "$header"; else echo 'int unused;'; fi >"$scratch/probe.c"
    "$compiler" -shared -nostdlib -o "$scratch/probe.so" "$scratch/probe.c" "$@" >/dev/null 2>&1
}

# One probe for everything, for speed; one each only when that fails.
all_there() {
    printf '#include <%s>\n' oneapi/dnnl/dnnl.h zlib.h png.h stdio.h jpeglib.h >"$scratch/all.c"
    "$compiler" -shared -nostdlib -o "$scratch/all.so" "$scratch/all.c" \
        -ldnnl -lz -lpng -ljpeg -l:libgomp.so.1 -l:libcurl.so.4 -l:libopenblas.so.0 >/dev/null 2>&1
}

# Sets `missing` to the names among onednn, zlib, png, jpeg, openmp, curl and lapack that are not there.
find_missing() {
    missing=
    if all_there; then return; fi
    links oneapi/dnnl/dnnl.h -ldnnl || missing="$missing onednn"
    links zlib.h -lz || missing="$missing zlib"
    links png.h -lpng || missing="$missing png"
    # jpeglib.h needs stdio.h before it; jerror.h comes with it and needs nothing.
    links jerror.h -ljpeg || missing="$missing jpeg"
    links '' -l:libgomp.so.1 || missing="$missing openmp"
    links '' -l:libcurl.so.4 || missing="$missing curl"
    # Any LAPACK does; OpenBLAS is the one that is installed.
    links '' -l:libopenblas.so.0 || links '' -l:liblapack.so.3 || missing="$missing lapack"
}

if here "$compiler"; then
    find_missing
else
    say "no C compiler beside swift: this Swift installation is incomplete (clang belongs to it)"
    exit 1
fi

wait "$version_query" || true
version=$(sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' "$scratch/version" | head -n 1)
major=${version%%.*}
rest=${version#*.}
minor=${rest%%.*}
if [ -z "$version" ]; then
    say "\"swift --version\" failed: $(head -n 1 "$scratch/version")"
    exit 1
elif [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "${minor:-0}" -lt 2 ]; }; then
    say "Swift 6.2 or newer is needed and this is $version: get it from https://www.swift.org/install/linux/"
    exit 1
fi

[ -n "$missing" ] || exit 0

# --- Installing it -----------------------------------------------------------------------------------------------

# libcurl is opened when a download starts and LAPACK by the first decomposition, so everything else works without them.
required() {
    for name in $missing; do
        case $name in curl | lapack) ;; *) return 0 ;; esac
    done
    return 1
}

# What does not work without the optional ones that are missing.
consequence() {
    case $missing in
        ' curl') echo 'data cannot be downloaded' ;;
        ' lapack') echo 'matrices cannot be decomposed' ;;
        *) echo 'data cannot be downloaded and matrices cannot be decomposed' ;;
    esac
}

if here apt-get; then
    names='onednn=libdnnl-dev zlib=zlib1g-dev png=libpng-dev jpeg=libjpeg-dev openmp=libgomp1 curl=libcurl4 lapack=libopenblas0'
    install='apt-get install -y --no-install-recommends'
elif here dnf; then
    names='onednn=onednn-devel zlib=zlib-devel png=libpng-devel jpeg=libjpeg-turbo-devel openmp=libgomp curl=libcurl lapack=openblas'
    install='dnf install -y'
else
    say "missing:$missing. Install their development packages (oneDNN, zlib, libpng, libjpeg-turbo, GNU OpenMP, libcurl, OpenBLAS) and try again."
    if required; then exit 1; else exit 0; fi
fi

packages=
for name in $missing; do
    for pair in $names; do
        case $pair in "$name="*) packages="$packages ${pair#*=}" ;; esac
    done
done

if [ "$(id -u)" -eq 0 ]; then
    as_root='env'
elif here sudo && sudo -n true 2>/dev/null; then
    as_root='sudo -n env'
else
    by_hand="sudo $install$packages"
    if here apt-get; then by_hand="sudo apt-get update && $by_hand"; fi
    if required; then
        say "packages are missing; install them with:  $by_hand"
        exit 1
    fi
    say "packages are missing, so $(consequence); install them with:  $by_hand"
    exit 0
fi

# Keeps the package manager quiet, and shows what it said when it fails.
quietly() {
    # shellcheck disable=SC2086  # as_root is a command with its arguments
    $as_root DEBIAN_FRONTEND=noninteractive "$@" >"$scratch/log" 2>&1 </dev/null
}

say "installing$packages"
# A fresh machine has no package lists, and old ones name packages that are gone: refresh them when the first try fails.
# shellcheck disable=SC2086  # word splitting is meant
if ! quietly $install $packages; then
    if here apt-get && { quietly apt-get update || true; } && quietly $install $packages; then
        :
    else
        cat "$scratch/log" >&2
        if required; then
            say "could not install$packages"
            exit 1
        fi
        say "could not install$packages; $(consequence)"
        exit 0
    fi
fi

find_missing
if [ -n "$missing" ] && required; then
    say "still missing after installing$packages:$missing"
    exit 1
fi
