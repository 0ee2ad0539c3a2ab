/** What `docker run` can ask of a runtime, where the answer is the same each time. The suite asks ours and the genuine one. */

export const STATUS = ["grep", "-E", "^(Uid|Gid|Groups|Cap|NoNew|Seccomp|Sig[A-Z][a-z])", "/proc/self/status"];

/** Flags and a command; what genuine runc shows, so that two failures don't pass for two successes. */
export type Case = [flags: string[], command: string[], shown: RegExp];

export const sh = (script: string) => ["sh", "-c", script];
export const cgroup = (...files: string[]) => ["sh", "-c", `cd /sys/fs/cgroup; cat ${files.join(" ")}`];
export const namespace = (name: string) => ["readlink", `/proc/self/ns/${name}`];

export const CASES: Readonly<Record<string, readonly Case[]>> = {
  "the process": [
    [[], sh("echo out; echo err >&2; exit 7"), /^out\nerr\n7$/],
    [[], STATUS, /CapEff:\t00000000a80425fb/],
    [["--user", "33:44", "--group-add", "55"], STATUS, /Groups:\t44 55/],
    [["--user", "33"], sh("id; echo > /x"), /Permission denied/],
    [["--cap-add", "NET_ADMIN", "--cap-drop", "CHOWN"], STATUS, /CapEff:\t00000000a80435fa/],
    [["--cap-drop", "ALL"], STATUS, /CapBnd:\t0000000000000000/],
    [["--security-opt", "no-new-privileges"], STATUS, /NoNewPrivs:\t1/],
    [["--security-opt", "seccomp=unconfined"], STATUS, /Seccomp:\t0/],
    [
      ["--cap-add", "SYS_ADMIN", "--security-opt", "systempaths=unconfined"],
      sh("mount -t tmpfs x /tmp && umount /tmp; echo 1 > /proc/sys/kernel/msg_next_id; echo done"),
      /^done/,
    ],
    [[], sh("unshare -m true; mkdir /m; mount -t tmpfs x /m"), /Operation not permitted[\s\S]*permission denied/],
    [["--ulimit", "nofile=77:88", "--ulimit", "core=0"], ["cat", "/proc/self/limits"], /Max open files +77 +88/],
    [["-e", "A=b", "-w", "/new/dir", "--hostname", "h"], sh("pwd; env; hostname"), /\/new\/dir[\s\S]*A=b/],
    [["--domainname", "example.org"], ["cat", "/proc/sys/kernel/domainname"], /^example\.org/],
    [["--oom-score-adj", "500"], ["cat", "/proc/self/oom_score_adj"], /^500/],
    [["--entrypoint", "/bin/echo"], ["hi"], /^hi/],
    [["--init"], sh("cat /proc/1/cmdline; cat /proc/1/status | grep Cap"), /docker-init/],
    [["-t"], sh("tty; ls -ln /dev/console; stty size"), /\/dev\/pts\/0\r\n[\s\S]*console/],
  ],
  "what a container must not or cannot do": [
    [["--privileged"], STATUS, /CapEff:|unable to apply caps/],
    [["--cap-add", "ALL"], STATUS, /CapEff:|unable to apply caps/],
    [[], ["nosuch"], /OCI runtime create failed: .*exec: "nosuch": executable file not found in \$PATH[\s\S]*127$/],
    [[], ["/no/such"], /exec: "\/no\/such": stat \/no\/such: no such file or directory[\s\S]*127$/],
    [[], ["/etc"], /exec: "\/etc": .*(permission denied|is a directory)[\s\S]*126$/],
    [[], ["/etc/hosts"], /exec: "\/etc\/hosts": permission denied[\s\S]*126$/],
    [["--user", "33", "-w", "/root"], ["pwd"], /\/root/],
    [["--cpuset-cpus", "0", "--cpuset-mems", "0"], cgroup("cpuset/cpuset.cpus", "cpuset/cpuset.mems"), /^0\n0\n/],
  ],
  limits: [
    [
      ["-m", "64m"],
      cgroup("memory/memory.limit_in_bytes", "memory/memory.memsw.limit_in_bytes"),
      /^67108864\n134217728\n/,
    ],
    [["-m", "64m", "--memory-swap", "64m"], cgroup("memory/memory.memsw.limit_in_bytes"), /^67108864\n/],
    [["--memory-reservation", "32m"], cgroup("memory/memory.soft_limit_in_bytes"), /^33554432\n/],
    [["-m", "64m", "--oom-kill-disable"], cgroup("memory/memory.oom_control"), /oom_kill_disable/],
    [
      ["--cpus", ".5", "-c", "512"],
      cgroup("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us", "cpu/cpu.shares"),
      /^50000\n100000\n512\n/,
    ],
    [
      ["--cpu-period", "50000", "--cpu-quota", "20000"],
      cgroup("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"),
      /^20000\n50000\n/,
    ],
    [["--cpuset-cpus", "0"], ["grep", "Cpus_allowed_list", "/proc/self/status"], /\t0\n/],
    [["--pids-limit", "7"], cgroup("pids/pids.max"), /^7\n/],
    [["--pids-limit", "3"], sh("for i in 1 2 3 4; do sleep 1 & done"), /can't fork/],
    [["--blkio-weight", "300"], cgroup("blkio/blkio.*weight"), /300|100/],
    [[], sh("sort /sys/fs/cgroup/devices/devices.list"), /c 1:3 rwm/],
    [["--device-cgroup-rule", "c 10:229 rwm"], sh("sort /sys/fs/cgroup/devices/devices.list"), /c 10:229 rwm/],
    [["-m", "16m"], sh("a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done"), /^137$/],
    [["--shm-size", "3m"], ["grep", "shm", "/proc/mounts"], /size=3072k/],
  ],
  files: [
    [[], sh("cut -d' ' -f4- /proc/self/mountinfo | sed 's/overlay.*/overlay/'"), /mqueue/],
    [
      ["--cap-add", "SYS_ADMIN", "-t"],
      sh("cut -d' ' -f4- /proc/self/mountinfo | sed 's/overlay.*/overlay/'"),
      /console/,
    ],
    [[], sh("ls -lnR /dev | awk '{ print $1, $3, $4, $5, $6, $10, $11, $12 }'"), /crw-rw-rw- 0 0 1, 3/],
    [[], ["ls", "-ln", "/proc/self/fd/"], /pipe:/],
    [["--read-only"], ["touch", "/x"], /Read-only file system/],
    [
      ["--read-only", "--tmpfs", "/t:size=1m,mode=1770"],
      sh("touch /t/x && grep ' /t ' /proc/mounts"),
      /size=1024k,mode=1770/,
    ],
    [["-v", "/usr:/mnt/x:ro"], sh("ls /mnt/x; touch /mnt/x/y"), /Read-only file system/],
    [["-v", "/usr/bin/env:/mnt/deep/er"], ["ls", "-ln", "/mnt/deep"], /er/],
    [["-v", "vol:/data"], sh("touch /data/x; grep -c ' /data ' /proc/mounts"), /^1/],
    [["--mount", "type=tmpfs,dst=/t,tmpfs-size=4096"], ["grep", " /t ", "/proc/mounts"], /size=4k/],
    [
      ["--device", "/dev/full:/dev/other:r"],
      sh("ls -ln /dev/other | awk '{ print $1, $5, $6 }'; echo > /dev/other"),
      /1, +7/,
    ],
    [["--device", "/dev/fuse"], sh("ls -ln /dev/fuse | awk '{ print $1, $5, $6 }'; cat < /dev/fuse"), /10, 229/],
    [
      [],
      sh(
        "cat /proc/kcore /proc/keys /proc/timer_list | wc -c; ls /sys/firmware | wc -l; echo 1 > /proc/sys/vm/swappiness",
      ),
      /^0\n0\n[\s\S]*Read-only/,
    ],
    [
      ["--sysctl", "net.ipv4.ip_forward=1", "--sysctl", "kernel.msgmax=1000"],
      ["cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/msgmax"],
      /^1\n1000/,
    ],
  ],
  namespaces: [
    [["--pid", "host"], namespace("pid"), /pid:/],
    [["--ipc", "host"], namespace("ipc"), /ipc:/],
    [["--ipc", "none"], ["ls", "/dev"], /null/],
    [["--uts", "host"], sh("hostname; readlink /proc/self/ns/uts"), /uts:/],
    [["--network", "host"], namespace("net"), /net:/],
    [["--network", "none"], ["ip", "link"], /lo: <LOOPBACK,UP/],
    [["--cgroupns", "private"], ["cat", "/proc/self/cgroup"], /:memory:\/\n/],
    [["--cgroupns", "host"], ["cat", "/proc/self/cgroup"], /:memory:\/docker-eras-interop/],
    [["--userns", "host"], ["cat", "/proc/self/uid_map"], /4294967295/],
  ],
};
