"""Mail programs unpacked from Debian packages, side by side, nothing installed.

Each program has a directory in the cache that holds its package and whatever of its dependencies this machine
lacks. A scenario mounts that directory over the machine's own root (overlayfs), so every program finds its
compiled-in paths, and what it writes goes to memory and is gone afterwards.
"""
import os
import pathlib
import re
import shutil
import subprocess

PACKAGES = {
    "postfix": ["postfix"],
    "exim": ["exim4-daemon-heavy"],
    "opensmtpd": ["opensmtpd"],
    "dovecot": ["dovecot-core"],
    "sendmail": ["sendmail-bin", "sendmail-cf", "m4"],
    "msmtp": ["msmtp"],
    "gnutls": ["gnutls-bin"],
    "aiosmtpd": ["python3-aiosmtpd"],
}
INSTALLED = ["ip", "nft", "tcpdump", "tshark", "swaks", "curl", "openssl", "unshare"]


def cache():
    default = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "wiretale-lab"
    return pathlib.Path(os.environ.get("WIRETALE_LAB_CACHE") or default)


def missing_packages(package):
    """The package and those of its dependencies that are not installed here, by name."""
    done = subprocess.run(["apt-get", "install", "-s", "--no-install-recommends", package], capture_output=True, text=True)
    return sorted(set(re.findall(r"^Inst (\S+)", done.stdout, re.M)))


def not_installed():
    """Of the tools that are run from the machine itself, those that it lacks."""
    return [tool for tool in INSTALLED if not shutil.which(tool)]


def unpack(program):
    """Returns the directory with the program's files; fetches and unpacks it the first time."""
    root = cache() / program
    if (root / ".complete").exists():
        return root
    downloads = cache() / "packages"
    downloads.mkdir(parents=True, exist_ok=True)
    names = [name for package in PACKAGES[program] for name in missing_packages(package)]
    names = sorted(set(names))
    if not names:
        raise RuntimeError(f"no package for {program}: run apt-get update first")
    subprocess.run(["apt-get", "download", "-qq", *names], cwd=downloads, check=True, stderr=subprocess.DEVNULL)
    root.mkdir(exist_ok=True)
    for name in names:
        for deb in downloads.glob(f"{name}_*.deb"):
            subprocess.run(["dpkg", "-x", deb, root], check=True)
    for old in ("bin", "sbin", "lib"):  # links into /usr on this machine, which a directory would hide
        if (root / old).is_dir():
            subprocess.run(["cp", "-a", f"{root}/{old}", root / "usr"], check=True)
            shutil.rmtree(root / old)
    shutil.rmtree(root / "usr/share/doc", ignore_errors=True)
    (root / ".complete").touch()
    return root


if __name__ == "__main__":
    for each in PACKAGES:
        print(f"{each}: {unpack(each)}", flush=True)
