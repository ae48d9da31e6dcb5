#!/usr/bin/env bash
# Runs a command in this project's folder on a fresh Debian 12, which debootstrap unpacks below build/. Needs root.
# usage: tools/in-debian.sh COMMAND...     Debian, Ubuntu: debootstrap debian-archive-keyring
# Environment: CI, and the certificates that pip and npm are told to trust, are handed on.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD/build/debian-12
if [ ! -e "$root/.complete" ]; then
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase --include=ca-certificates,git,make bookworm "$root" >build/debootstrap.log ||
        { tail -n 20 build/debootstrap.log; exit 1; }
    touch "$root/.complete"
fi
# A copy of what git knows, and of git: builds of this machine's tools are of no use there.
rm -rf "$root/work"
git -c safe.directory="$PWD/.git" -c safe.directory="$PWD" clone --quiet --no-hardlinks "$PWD" "$root/work"

trap 'umount --lazy --recursive "$root/proc" "$root/sys" "$root/dev" || true' EXIT
mount -t proc proc "$root/proc"
mount --rbind --make-rslave /sys "$root/sys"
mount --rbind --make-rslave /dev "$root/dev"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
trust=()
if [ -n "${SSL_CERT_FILE:-}" ]; then
    cp -L "$SSL_CERT_FILE" "$root/etc/ssl/certs/ca-certificates.crt"
    trust=(PIP_CERT=/etc/ssl/certs/ca-certificates.crt NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt)
fi
chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 CI="${CI:-}" \
    "${trust[@]}" bash -c 'cd /work && exec "$@"' - "$@"
