# packages.sh - sourced by ./try and ./check: install_packages NAME... installs what is missing.
#
# Debian and its kin only; elsewhere it says what is needed and goes on, because a compiler and libraries
# may be there under other names.
install_packages() {
    if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
        echo "this is not Debian: make sure that these, or what corresponds to them, are installed: $*" >&2
        return 0
    fi
    missing=
    for package in "$@"; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
        "install ok installed") ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null 2>&1; then
            echo "these packages are missing, and only root can install them:$missing" >&2
            echo "  apt-get install$missing" >&2
            exit 1
        fi
        as_root=sudo
    fi
    echo "installing with apt-get:$missing"
    export DEBIAN_FRONTEND=noninteractive
    $as_root apt-get update -q >/dev/null
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing \
        >apt.log 2>&1 </dev/null || {
        cat apt.log >&2
        echo "apt-get could not install:$missing" >&2
        exit 1
    }
    rm -f apt.log
}
