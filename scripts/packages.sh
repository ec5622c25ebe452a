# Sourced by the other scripts: what they need is installed here, or named in a sentence.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What Swift needs to build the package on Debian and its descendants.
build_packages=(g++ git binutils libsqlite3-dev libcurl4-openssl-dev libwslay-dev zlib1g-dev)

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

is_installed() {
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# need_packages NAME...: Debian packages, installed when we may, else named.
need_packages() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        echo "$(basename "$0"): not a Debian system; these packages' counterparts must be here: $*" >&2
        return
    fi
    local missing=() package
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [[ ${#missing[@]} -eq 0 ]] && return

    local as_root=()
    if [[ $(id -u) -ne 0 ]]; then
        sudo -n true 2>/dev/null || fail "missing packages; please run: sudo apt-get install ${missing[*]}"
        as_root=(sudo -n)
    fi
    echo "installing ${missing[*]}" >&2
    "${as_root[@]}" apt-get update -q >&2 || true
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "${missing[@]}" >&2 ||
        fail "could not install: ${missing[*]}"
}

need_swift() {
    command -v swift >/dev/null ||
        fail "there is no swift in PATH: install Swift 6.2 or later from https://www.swift.org/install and try again"
}

# need_python REQUIREMENTS: a virtual environment in .venv that has them; python tools are then in $venv/bin.
venv=$root/.venv
need_python() {
    local requirements=$1 stamp
    stamp=$venv/$(basename "$requirements").installed
    cmp -s "$requirements" "$stamp" && return
    if [[ ! -x $venv/bin/pip ]]; then
        local python=/usr/bin/python3
        [[ -x $python ]] || python=$(command -v python3) || fail "there is no python3: install Python 3.10 or later"
        rm -rf "$venv"
        "$python" -m venv "$venv" >&2 || fail "python3 -m venv failed: install the package python3-venv"
    fi
    echo "installing the Python packages of ${requirements#"$root"/}" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2 ||
        fail "pip could not install $requirements"
    cp "$requirements" "$stamp"
}
