/** config.lxc: what lxc-start is told about a container, in the keys of LXC 0.8. */
import { step } from "../step.ts";

/** What the template is filled with. */
export interface LxcTemplateData {
  readonly Hostname: string;
  readonly RootFS: string;
  /** Limit of memory in bytes; 0 for none. */
  readonly Ram: number;
}

/** Device nodes that a container may use; every other is refused. Linux's Documentation/admin-guide/devices.txt has the numbers. */
const DEVICES = {
  "/dev/null and zero": ["c 1:3 rwm", "c 1:5 rwm"],
  consoles: ["c 5:1 rwm", "c 5:0 rwm", "c 4:0 rwm", "c 4:1 rwm"],
  "/dev/urandom, /dev/random": ["c 1:9 rwm", "c 1:8 rwm"],
  terminals: ["c 136:* rwm", "c 5:2 rwm"],
  "/dev/net/tun": ["c 10:200 rwm"],
};

/** Powers that root in the container does without. capabilities(7) tells what each is. */
const DROPPED_CAPABILITIES =
  "audit_control audit_write mac_admin mac_override mknod net_raw setfcap setpcap sys_admin sys_boot " +
  "sys_module sys_nice sys_pacct sys_rawio sys_resource sys_time sys_tty_config";

/** Fills the template. The network block stays a comment, as it was in January: the container shares the host's network. */
export function generateLxcConfig({ Hostname, RootFS, Ram }: LxcTemplateData): string {
  step("dockerd.generate-lxc-config", { Hostname, RootFS });
  return `# hostname
lxc.utsname = ${Hostname}
#lxc.aa_profile = unconfined

# network: none, the host's is used
#lxc.network.type = veth
#lxc.network.flags = up
#lxc.network.link = br0
#lxc.network.name = eth0
#lxc.network.mtu = 1500
#lxc.network.ipv4 = 10.0.3.2/24

# root file system
lxc.rootfs = ${RootFS}

# a devpts instance of its own
lxc.pts = 1024

# no main console: descriptors 0, 1 and 2 go straight to the process
lxc.console = none

# one terminal, tty1
lxc.tty = 1

# devices: none, but these
lxc.cgroup.devices.deny = a
${devices()}
# fuse and rtc
#lxc.cgroup.devices.allow = c 10:229 rwm
#lxc.cgroup.devices.allow = c 254:0 rwm

# mounts
lxc.mount.entry = proc ${RootFS}/proc proc nosuid,nodev,noexec 0 0
lxc.mount.entry = sysfs ${RootFS}/sys sysfs nosuid,nodev,noexec 0 0
lxc.mount.entry = devpts ${RootFS}/dev/pts devpts newinstance,ptmxmode=0666,nosuid,noexec 0 0
#lxc.mount.entry = varrun ${RootFS}/var/run tmpfs mode=755,size=4096k,nosuid,nodev,noexec 0 0
#lxc.mount.entry = varlock ${RootFS}/var/lock tmpfs size=1024k,nosuid,nodev,noexec 0 0
#lxc.mount.entry = shm ${RootFS}/dev/shm tmpfs size=65536k,nosuid,nodev,noexec 0 0

# the host's name servers
lxc.mount.entry = /etc/resolv.conf ${RootFS}/etc/resolv.conf none bind,ro 0 0

# capabilities
lxc.cap.drop = ${DROPPED_CAPABILITIES}

# limits
${Ram === 0 ? "#" : ""}lxc.cgroup.memory.limit_in_bytes = ${Ram}
`;
}

function devices(): string {
  return Object.entries(DEVICES)
    .map(([name, rules]) => `# ${name}\n${rules.map((rule) => `lxc.cgroup.devices.allow = ${rule}\n`).join("")}`)
    .join("");
}
