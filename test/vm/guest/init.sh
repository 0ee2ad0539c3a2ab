#!/bin/busybox sh
# The first program of the virtual machine: makes the other machine's files its root directory, writable, and goes on there.
#
#     /lower  9p, read only ─┐
#     /upper  memory ────────┴─ overlay ─▶ /root, which becomes /
B=/bin/busybox
fail() { echo "init: $1" >/dev/console; $B poweroff -f; }

$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
for module in /modules/*; do $B insmod "$module" || fail "cannot load $module"; done

NINE=trans=virtio,version=9p2000.L,msize=512000
$B mount -t 9p -o "ro,cache=loose,$NINE" root /lower || fail "cannot mount the root directory"
$B mount -t tmpfs -o size=90% upper /upper
$B mkdir /upper/changes /upper/work
$B mount -t overlay -o lowerdir=/lower,upperdir=/upper/changes,workdir=/upper/work overlay /root || fail "cannot mount overlay"
for dir in proc sys dev; do $B mount --move "/$dir" "/root/$dir"; done
$B mount -t tmpfs -o mode=755 run /root/run
$B mkdir /root/run/control
$B mount -t 9p -o "cache=none,$NINE" control /root/run/control || fail "cannot mount the control directory"
exec $B switch_root /root /bin/sh -c '
  exec </dev/null >/dev/ttyS1 2>&1
  stty -F /dev/ttyS1 raw
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
  sh /run/control/run
  echo $? >/run/control/exit-code
  sync
  busybox poweroff -f'
