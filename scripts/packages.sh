# Sourced by the other scripts: what they need is installed here, or named in a sentence.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What Swift needs to build the package on Debian and its descendants.
build_packages=(g++ git binutils libsqlite3-dev libcurl4-openssl-dev libwslay-dev zlib1g-dev)

# How what is run and measured is built. With Swift's own libraries inside, it runs where no Swift is, and a call takes 6 % less
# CPU: the small functions of the runtime are called without a detour. Optimized across all modules: 3 % less. Without a look
# at each access whether it is exclusive, which is left to the tests (docs/decisions/0010): 6 % fewer instructions. tune_build
# adds what the compiler is told of a call, and another allocator.
release_build=(
    swift build --package-path "$root" -c release --static-swift-stdlib
    -Xswiftc -cross-module-optimization -Xswiftc -enforce-exclusivity=unchecked
)

# How often each branch is taken during a call. Written by scripts/profile.
profile=$root/Benchmarks/ringback.proftext

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
    if [[ $release == bookworm ]] && unpack_backport libcurl4 "$release-backports" "$folder"; then
        libcurl_sockets=$folder/usr/lib/$(uname -m)-linux-gnu
    else
        echo "$(basename "$0"): a libcurl with WebSockets can't be had here: only wslay's frames are tested" >&2
    fi
}

# unpack_backport PACKAGE SUITE FOLDER: downloads and checks it as apt does, without a trace in the system.
unpack_backport() {
    local package=$1 suite=$2 folder=$3
    [[ -e $folder/usr ]] && return
    echo "fetching $package from $suite" >&2
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" \
        >"$folder/apt/sources.list"
    local options=(
        -q -o Dir::Etc::SourceList="$folder/apt/sources.list" -o Dir::Etc::SourceParts=-
        -o Dir::State::Lists="$folder/apt/lists" -o Dir::Cache="$folder/apt" -o APT::Sandbox::User=
    )
    (
        cd "$folder/apt" && rm -f ./*.deb && apt-get "${options[@]}" update &&
            apt-get "${options[@]}" download "$package/$suite" && dpkg -x "$package"_*.deb "$folder"
    ) >&2
}

need_swift() {
    command -v swift >/dev/null ||
        fail "there is no swift in PATH: install Swift 6.2 or later from https://www.swift.org/install and try again"
}

# find_profdata: $profdata is the toolchain's llvm-profdata, if its compiler can use what that makes.
find_profdata() {
    profdata=$(dirname "$(readlink -f "$(command -v swift)")")/llvm-profdata
    [[ -x $profdata ]] && swiftc -frontend -help-hidden 2>/dev/null | grep -- -ir-profile-use >/dev/null
}

# use_profile: lets the release build use the profile. What has changed since it was written is built as without it.
use_profile() {
    find_profdata || return 0
    local merged
    # Another profile is another option to the compiler, which then builds anew.
    merged=$root/.build/profile-$(cksum <"$profile" | cut -d ' ' -f 1).profdata
    if [[ ! -e $merged ]]; then
        mkdir -p "$root/.build"
        "$profdata" merge -o "$merged.$$" "$profile" || fail "$profile can't be read"
        mv "$merged.$$" "$merged"
    fi
    release_build+=(-Xswiftc -Xfrontend -Xswiftc "-ir-profile-use=$merged")
}

# use_tcmalloc: lets the release build take its memory from tcmalloc (docs/decisions/0012), or from libc where it can't be had.
use_tcmalloc() {
    (need_packages libgoogle-perftools-dev) || echo "$(basename "$0"): without tcmalloc a call takes a tenth more CPU" >&2
    local library
    library=$(g++ -print-file-name=libtcmalloc_minimal.so)
    # Of what it doesn't find, g++ repeats the name.
    [[ $library != /* ]] || release_build+=(-Xlinker "$library")
}

# tune_build: what makes the release build faster and isn't needed to build.
tune_build() {
    use_profile
    use_tcmalloc
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
