#!/usr/bin/env bash
# Runs a command on a fresh Debian 12, which debootstrap unpacks below build/, in a clone of this project's last commit. Needs root.
# usage: tools/in-debian.sh COMMAND...     Debian, Ubuntu: debootstrap debian-archive-keyring
# The certificates that pip and npm are told to trust are handed on.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD/build/debian-12

if [ "${1:-}" = --inside ]; then # a mount namespace of its own, so that no mount outlives the command
    shift
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    trust=()
    [ -z "${SSL_CERT_FILE:-}" ] ||
        trust=(PIP_CERT=/etc/ssl/certs/ca-certificates.crt NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt)
    exec chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        "${trust[@]}" bash -c 'cd /thingpost && exec "$@"' - "$@"
fi

rm -rf --one-file-system "$root"
mkdir -p "$root"
debootstrap --variant=minbase --include=ca-certificates,git,make bookworm "$root" >build/debootstrap.log ||
    { tail -n 20 build/debootstrap.log; exit 1; }
git -c safe.directory='*' clone --quiet --no-hardlinks "$PWD" "$root/thingpost"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
[ -z "${SSL_CERT_FILE:-}" ] || cp -L "$SSL_CERT_FILE" "$root/etc/ssl/certs/ca-certificates.crt"
exec unshare --mount "$0" --inside "$@"
