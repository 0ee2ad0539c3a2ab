# What an init system would have done before the first login: sourced in the virtual machine before the command.
mount --make-rshared /
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
ip link set lo up

# Modules that are loaded when somebody first needs them come from the kernel's package, not from this machine's /lib.
mkdir -p "/lib/modules/$KERNEL_VERSION"
mount --bind "$KERNEL_DIR/lib/modules/$KERNEL_VERSION" "/lib/modules/$KERNEL_VERSION"

# Temporary files in memory: on the root, an overlay over 9p, no device node can be made and no second overlay laid.
export TMPDIR=/run/tmp
mkdir -m 1777 "$TMPDIR"
mount -t tmpfs -o mode=1777 tmp "$TMPDIR"

# Pure cgroup v2, and everybody out of the root and in a cgroup that is called as systemd's: LXC goes by the name.
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
mkdir /sys/fs/cgroup/init.scope
for pid in $(cat /sys/fs/cgroup/cgroup.procs); do echo "$pid" >/sys/fs/cgroup/init.scope/cgroup.procs 2>/dev/null; done

# Plain output: programs take the serial port for somebody's terminal.
export CI=true TERM=dumb

# A disk to set limits on.
modprobe brd rd_nr=1 rd_size=1024

# What apparmor_parser talks to.
mount -t securityfs securityfs /sys/kernel/security
