# Sourced by the other scripts. Installs what they need, or says what is missing.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The packages needed to build on Debian and its derivatives.
build_packages=(g++ git binutils libsqlite3-dev libcurl4-openssl-dev libwslay-dev libpq-dev zlib1g-dev)

# The debug build, which scripts/run and the tests share. With different options, each would rebuild everything.
debug_build=(swift build --package-path "$root" --explicit-target-dependency-import-check error)

# The release build of scripts/run --release and scripts/bench, to which scripts/release adds a profile. Swift's libraries are
# linked statically: the binary runs without Swift, and a call takes 6 % less CPU.
release_build=(swift build --package-path "$root" -c release --static-swift-stdlib)

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

is_installed() {
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# need_packages NAME...: installs Debian packages if permitted, otherwise names them.
need_packages() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        echo "$(basename "$0"): not a Debian system; the equivalents of these packages must be installed: $*" >&2
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

# need_libcurl_sockets: sets $libcurl_sockets to the folder of a libcurl with WebSocket support from Debian's backports, unpacked
# next to the build and not installed. Empty if the system's libcurl has it, or none is available.
need_libcurl_sockets() {
    libcurl_sockets=
    command -v dpkg-query >/dev/null || return 0
    dpkg --compare-versions "$(dpkg-query -W -f='${Version}' libcurl4-openssl-dev)" ge 8.14 && return
    local release folder=$root/.build/libcurl-sockets
    release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    if [[ $release == bookworm ]] && unpack_backport libcurl4 "$release" "$folder"; then
        libcurl_sockets=$folder/usr/lib/$(uname -m)-linux-gnu
    else
        echo "$(basename "$0"): no libcurl with WebSockets is available here: only the framing of wslay is tested" >&2
    fi
}

# unpack_backport PACKAGE RELEASE FOLDER: downloads a package of RELEASE's backports from the system's source of RELEASE, and
# verifies it as apt does. Installs nothing, and does not change the system's list of sources.
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

# need_python REQUIREMENTS: installs them into a virtual environment in .venv, with the tools in $venv/bin.
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
