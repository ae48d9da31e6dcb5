#!/bin/sh
# Run the tests of batches with AVX-512. Where this CPU has it, run.sh has done that already. Elsewhere a Linux kernel is booted
# on a CPU that has it, which Bochs emulates (qemu-user and valgrind know no AVX-512); that takes some minutes.
# usage: csrc/tests/avx512.sh [build dir]     (default: csrc/build)
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so. Debian: bochs bochsbios vgabios
# grub-pc-bin grub-common xorriso mtools cpio cmake; the kernel is taken out of Debian's package.
set -eu
csrc=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$csrc/build}
work=$build/avx512
limit=1200 # seconds

failed=0
. "$csrc/tests/skipped.sh"
skip() { # why
    skipped "AVX-512: $1"
    exit "$failed"
}

if grep -q '^flags.* avx512f.* avx512dq.* avx512bw.* avx512vl' /proc/cpuinfo; then
    echo "passed:  AVX-512, with the other widths: this CPU has it"
    exit 0
fi
[ "$(uname -m)" = x86_64 ] || skip "only built for x86-64"
for tool in cmake bochs-bin grub-mkrescue xorriso cpio mformat apt-get dpkg-deb; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
done
rm -rf "$work"
mkdir -p "$work/initramfs/dev" "$work/iso/boot/grub"

# A kernel of Debian's that is made for virtual machines: small, with its drivers built in
kernel_package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[^ ]*\).*/\1/p' | head -n 1)
[ -n "$kernel_package" ] || skip "no package linux-image-cloud-amd64 (apt-get update?)"
(cd "$work" && apt-get download -q "$kernel_package" >apt.log 2>&1 && dpkg-deb -x linux-image-*.deb kernel) || skip "no kernel: see $work/apt.log"
cp "$work"/kernel/boot/vmlinuz-* "$work/iso/boot/vmlinuz"

# The tests, and a first process that runs them and says how they ended
{
    cmake -S "$csrc" -B "$work/tests" -DCMAKE_BUILD_TYPE=Release -DTPOST_BUILD_TESTS=ON -DCMAKE_EXE_LINKER_FLAGS=-static &&
        cmake --build "$work/tests" --parallel 2 --target test_batch test_batch_refused test_batch_stack
} >"$work/build.log" 2>&1 || { tail -n 30 "$work/build.log"; echo "FAILED:  AVX-512: build"; exit 1; }
cp "$work"/tests/tests/test_batch "$work"/tests/tests/test_batch_refused "$work"/tests/tests/test_batch_stack "$work/initramfs"
cc -static -O1 -o "$work/initramfs/init" "$csrc/tests/avx512_init.c"
mknod "$work/initramfs/dev/console" c 5 1 2>/dev/null || skip "mknod needs root"
(cd "$work/initramfs" && find . | cpio -o -H newc 2>/dev/null | gzip >"$work/iso/boot/initrd.gz")

# Bochs 2.7 gives another size for XSAVEC's compact form than Linux works out: both bits of CPUID are cleared.
cat >"$work/iso/boot/grub/grub.cfg" <<'END'
set timeout=0
menuentry "tests" {
    linux /boot/vmlinuz console=ttyS0 nokaslr mitigations=off acpi=off noapic nolapic nosmp tsc=reliable lpj=1000000 clearcpuid=321,323
    initrd /boot/initrd.gz
}
END
grub-mkrescue -o "$work/disc.iso" "$work/iso" >"$work/grub.log" 2>&1 || { tail "$work/grub.log"; skip "no boot disc"; }
cat >"$work/bochsrc" <<END
megs: 256
cpu: model=corei7_skylake_x, ips=50000000
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0-master: type=cdrom, path=$work/disc.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$work/serial.txt
log: $work/bochs.log
display_library: rfb, options="timeout=0"
sound: driver=dummy, waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
panic: action=fatal
clock: sync=none
END
# This build of Bochs has a debugger, which waits for "continue".
# Without the dummies for sound its mixer ends it ("buffer overflow detected") on a machine that has no sound card.
echo c | timeout "$limit" bochs-bin -q -f "$work/bochsrc" >"$work/bochs.out" 2>&1 &
bochs=$!
trap 'kill "$bochs" 2>/dev/null || true; pkill -f "bochs-bin -q -f $work/bochsrc" 2>/dev/null || true' EXIT
while kill -0 "$bochs" 2>/dev/null && ! grep -q 'tests done' "$work/serial.txt" 2>/dev/null; do
    sleep 2
done
if [ "$(grep -c 'exit code 0' "$work/serial.txt")" = 3 ] && grep -q 'the best here: avx512' "$work/serial.txt"; then
    echo "passed:  AVX-512, on an emulated CPU: $(grep -ao '[0-9]* checks passed' "$work/serial.txt" | paste -sd ' ')"
    exit 0
fi
for log in serial.txt bochs.log bochs.out; do
    echo "$log:"
    tail -n 15 "$work/$log" | cut -c 1-200
done
echo "FAILED:  AVX-512 (see $work)"
exit 1
