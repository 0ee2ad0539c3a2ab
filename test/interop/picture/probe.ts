/**
 * A shell script that tells all it can see from inside a container, in sections:
 *
 *     == SECTION
 *     what it has found, in lines
 *
 * `$$` is the process that the runtime has started, so /proc/$$ is what the runtime has made of it; what the script starts looks
 * from outside. It needs nothing but busybox.
 */

/** Paths that runtimes mask or make read-only. */
const GUARDED =
  "/proc/acpi /proc/bus /proc/fs /proc/irq /proc/kcore /proc/keys /proc/sys /proc/timer_list /sys/firmware";

/** Settings that belong to a namespace, so that a runtime may set them for a container. */
const SYSCTLS = [
  "kernel/domainname kernel/hostname kernel/msgmax kernel/msgmnb kernel/sem kernel/shmall kernel/shmmni fs/mqueue/msg_max",
  "net/ipv4/ip_forward net/ipv4/ip_unprivileged_port_start net/ipv4/ping_group_range net/core/somaxconn",
].join(" ");

/** Files of /proc/PID that hold one or a few lines. */
const PROC_FILES =
  "uid_map gid_map projid_map setgroups oom_score_adj coredump_filter timerslack_ns personality loginuid sessionid attr/current timens_offsets cgroup cpuset";

/** Things to try, each of which a runtime can allow or not. */
const ATTEMPTS: Readonly<Record<string, string>> = {
  "write to /": "touch /written && rm /written",
  "write to /sys": "touch /sys/written",
  "write to /proc/sys": "cat /proc/sys/kernel/msgmax > /proc/sys/kernel/msgmax",
  "write to /sys/fs/cgroup": "mkdir /sys/fs/cgroup/memory/written && rmdir /sys/fs/cgroup/memory/written",
  mount: "mount -t tmpfs x /tmp && umount /tmp",
  unshare: "unshare -m true",
  chroot: "chroot / true",
  chown: "touch /tmp/owned && chown 7:7 /tmp/owned; rm -f /tmp/owned",
  "mknod null": "mknod /tmp/null c 1 3 && echo x > /tmp/null; rm -f /tmp/null",
  "mknod disk": "mknod /tmp/disk b 254 0 && head -c1 /tmp/disk > /tmp/sector; rm -f /tmp/disk /tmp/sector",
  "mknod fuse": "mknod /tmp/fuse c 10 229 && : < /tmp/fuse; rm -f /tmp/fuse",
  "make a directory": "mkdir /tmp/made && rmdir /tmp/made",
  "set the hostname": "hostname $(hostname)",
  renice: "renice -n -1 $$",
  "raise a limit": "ulimit -Hn 2000",
};

const SECTIONS: Readonly<Record<string, string>> = {
  status: "cat /proc/$$/status",
  // parent, group, session, terminal and its group; priority, nice; real-time priority, policy
  stat: "cut -d' ' -f4-8,18,19,40,41 /proc/$$/stat",
  limits: "cat /proc/$$/limits",
  environment: "tr '\\0' '\\n' < /proc/$$/environ",
  links: "for name in cwd exe root; do readlink /proc/$$/$name; done",
  descriptors: "ls -l /proc/$$/fd", // a pipe here would be one of them
  "descriptors' flags": "grep flags /proc/$$/fdinfo/[012]",
  mounts: "cat /proc/$$/mountinfo",
  devices: "find /dev -exec stat -c '%N %F %a %u:%g %t:%T' {} +",
  root: "stat -c '%N %F %a %u:%g' /* /proc/1 /sys/fs/cgroup/* /mnt/*",
  names: "hostname; uname -n",
  namespaces: "for file in /proc/$$/ns/*; do readlink $file; done",
  keys: "cat /proc/keys",
  sysctls: `cd /proc/sys; for file in ${SYSCTLS}; do echo $file $(cat $file); done; cd /`,
  process: `for file in ${PROC_FILES}; do echo "$file:"; cat /proc/$$/$file; done`,
  processes: "ls -d /proc/[0-9]*",
  network: "ip -o addr | grep -v ' eras\\| veth'; cat /sys/class/net/lo/flags",
  guarded: `for path in ${GUARDED}; do stat -c '%N %F %a %u:%g' $path; head -c1 $path | wc -c; done`,
  "terminal's size": "stty size",
  "io priority": "ionice",
  identity: "id",
  attempts: Object.entries(ATTEMPTS)
    .map(([what, command]) => `echo '${what}:' $( { ${command}; } 2>&1; echo $?)`)
    .join("\n"),
};

/** For `sh -c`. What a command complains about belongs to what it tells. */
export const PROBE = Object.entries({ ...SECTIONS, end: "true" })
  .map(([name, commands]) => `echo "== ${name}"\n{ ${commands}\n} 2>&1`)
  .join("\n");
