#!/bin/sh
# Unpacks packages of Debian, with all that they depend on, into a folder: programs of another release or machine, to be run
# from there. Nothing is installed: apt keeps its lists beside the folder, and root is not needed. A folder that is there stays.
# usage: tools/unpack-debian.sh ARCHITECTURE FOLDER PACKAGE...     (Debian's names: amd64, arm64, armhf, i386, s390x, ...)
# Environment: DEBIAN_RELEASE, trixie (Debian 13) unless told.
set -eu
architecture=$1
folder=$2
shift 2
[ ! -e "$folder/.complete" ] || exit 0

mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | grep -v security | head -n 1)
keys=/usr/share/keyrings/debian-archive-keyring.gpg
if ! command -v apt-get >/dev/null || [ ! -e "$keys" ]; then
    echo "thingpost: unpacking Debian's packages needs apt-get and $keys (package debian-archive-keyring)" >&2
    exit 1
fi
rm -rf "$folder" "$folder.apt"
mkdir -p "$folder" "$folder.apt/lists/partial" "$folder.apt/cache/archives/partial"
apt=$(cd "$folder.apt" && pwd)
: >"$apt/status" # nothing counts as installed
echo "deb [signed-by=$keys] ${mirror:-http://deb.debian.org/debian} ${DEBIAN_RELEASE:-trixie} main" >"$apt/sources"
from_debian() {
    apt-get -qq -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" -o APT::Sandbox::User="$(id -un)" \
        -o APT::Install-Recommends=false -o Dir::State="$apt" -o Dir::State::Lists="$apt/lists" -o Dir::State::status="$apt/status" \
        -o Dir::Cache="$apt/cache" -o Dir::Etc::SourceList="$apt/sources" -o Dir::Etc::SourceParts=/nonexistent \
        -o Debug::NoLocking=true "$@"
}
from_debian update
from_debian install --download-only --yes "$@" >/dev/null
for entry in bin lib lib64 sbin; do # as of Debian 13
    mkdir -p "$folder/usr/$entry"
    ln -s "usr/$entry" "$folder/$entry"
done
for package in "$apt"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$folder" --no-same-owner --keep-directory-symlink --exclude='./usr/share/doc/*'
done
rm -rf "$apt"
touch "$folder/.complete"
