# Sourced by the other scripts: what they need is installed here, or named in a sentence.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What Swift needs to build the package on Debian and its descendants.
build_packages=(g++ git binutils libsqlite3-dev libcurl4-openssl-dev libwslay-dev libpq-dev zlib1g-dev)

# The debug build, which scripts/run and the tests share. Other options would compile anew what one of them has compiled.
debug_build=(swift build --package-path "$root" --explicit-target-dependency-import-check error)

# The release build, which scripts/run --release runs, scripts/bench measures and scripts/release gives a profile. Swift's own
# libraries are inside: it runs where no Swift is installed, and a call takes 6 % less CPU.
release_build=(swift build --package-path "$root" -c release --static-swift-stdlib)

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

# need_libcurl_sockets: $libcurl_sockets is the folder of a libcurl that makes WebSocket frames itself, from Debian's
# backports, unpacked beside the build and never installed. Empty when the system's own makes them, or none can be had.
need_libcurl_sockets() {
    libcurl_sockets=
    command -v dpkg-query >/dev/null || return 0
    dpkg --compare-versions "$(dpkg-query -W -f='${Version}' libcurl4-openssl-dev)" ge 8.14 && return
    local release folder=$root/.build/libcurl-sockets
    release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    if [[ $release == bookworm ]] && unpack_backport libcurl4 "$release" "$folder"; then
        libcurl_sockets=$folder/usr/lib/$(uname -m)-linux-gnu
    else
        echo "$(basename "$0"): a libcurl with WebSockets can't be had here: only wslay's frames are tested" >&2
    fi
}

# unpack_backport PACKAGE RELEASE FOLDER: downloads a package of RELEASE's backports, from where the system gets RELEASE itself, and
# checks it as apt does. Nothing is installed, and the system's list of sources stays as it is.
unpack_backport() {
    local package=$1 release=$2 folder=$3 archive
    [[ -e $folder/usr ]] && return
    archive=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' | sed -n "s/^$release //p" | head -1)
    [[ -n $archive ]] || return
    echo "fetching $package from $release-backports" >&2
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $release-backports main" \
        >"$folder/apt/sources.list"
    local options=(
        -q -o Dir::Etc::SourceList="$folder/apt/sources.list" -o Dir::Etc::SourceParts=-
        -o Dir::State::Lists="$folder/apt/lists" -o Dir::Cache="$folder/apt" -o APT::Sandbox::User=
    )
    (
        cd "$folder/apt" && rm -f ./*.deb && apt-get "${options[@]}" update &&
            apt-get "${options[@]}" download "$package/$release-backports" && dpkg -x "$package"_*.deb "$folder"
    ) >&2
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
