/**
 * Our chain of 2013 against the genuine programs of today.
 *
 *     docker-2013 run -a busybox true   against   docker run --rm --network none busybox true
 *     docker-2013 run -a busybox true   against   lxc-execute … true
 *     lxc-start-2013 … true             against   lxc-execute … true
 *     memory of dockerd-2013 idle and with 50 containers; the time to start 50
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { GenuineDocker } from "../genuine/docker.ts";
import { busyboxTar, DOCKER, Docker2013 } from "../harness/docker-2013.ts";
import { leftovers } from "../harness/leftovers.ts";
import { type Contender, interleave } from "./interleaved.ts";
import { progress, report } from "./report.ts";

const LXC_START = resolve(import.meta.dirname, "../../bin/lxc-start-2013");

const RATIOS = [
  ["docker-2013", "docker run"],
  ["docker-2013", "lxc-execute"],
  ["lxc-start-2013", "lxc-execute"],
] as const;

/** What both LXCs mount. */
const MOUNTS = `lxc.mount.entry = proc proc proc nosuid,nodev,noexec 0 0
lxc.mount.entry = sysfs sys sysfs nosuid,nodev,noexec 0 0
`;

export async function benchDocker2013(turns: number, containers = 50): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "docker-eras-bench-"));
  const ours = await Docker2013.start();
  mkdirSync(join(dir, "docker"));
  const genuine = await GenuineDocker.start(join(dir, "docker"));
  try {
    await ours.putBusybox();
    genuine.docker(["import", "-", "busybox"], busyboxTar());
    report(await interleave(contenders(ours, genuine, dir), turns, progress(turns)), RATIOS);
    await fifty(ours, containers);
  } finally {
    await genuine.stop();
    await ours.stop();
    rmSync(dir, { recursive: true });
  }
}

function contenders(ours: Docker2013, genuine: GenuineDocker, dir: string): Contender[] {
  const rootfs = join(dir, "rootfs");
  mkdirSync(rootfs);
  execFileSync("tar", ["-C", rootfs, "-x"], { input: busyboxTar() });
  const [config2013, configToday] = [join(dir, "2013.lxc"), join(dir, "today.lxc")];
  writeFileSync(config2013, `lxc.utsname = bench\nlxc.rootfs = ${rootfs}\n${MOUNTS}`);
  writeFileSync(configToday, `lxc.uts.name = bench\nlxc.rootfs.path = dir:${rootfs}\nlxc.net.0.type = none\n${MOUNTS}`);
  return [
    {
      name: "docker-2013 run -a busybox true",
      commands: [{ argv: [DOCKER, "run", "-a", "busybox", "/bin/true"], env: { DOCKER: ours.tcp } }],
    },
    {
      name: "docker run --rm --network none busybox true",
      commands: [{ argv: ["docker", "run", "--rm", "--network", "none", "busybox", "/bin/true"], env: genuine.env }],
    },
    {
      name: "lxc-start-2013 true",
      commands: [{ argv: [LXC_START, "-n", "bench-2013", "-f", config2013, "--", "/bin/true"] }],
    },
    {
      name: "lxc-execute true",
      commands: [{ argv: ["lxc-execute", "-n", "bench", "-P", dir, "-f", configToday, "--", "/bin/true"] }],
    },
  ];
}

async function fifty(ours: Docker2013, count: number): Promise<void> {
  const idle = memory(ours.pid);
  const start = performance.now();
  const runs = Array.from({ length: count }, () => ours.docker(["run", "busybox", "/bin/sleep", "1000"]));
  const containers = (await Promise.all(runs)).map(({ stdout }) => stdout.trim());
  const elapsed = performance.now() - start;
  console.log(`${count} containers started at once: ${(elapsed / 1000).toFixed(1)} s`);
  console.log(`dockerd-2013, resident: ${mib(idle)} idle, ${mib(memory(ours.pid))} with ${count} containers`);
  await ours.docker(["kill", ...containers]);
  await ours.docker(["rm", ...containers]);
  console.log(`left of them: ${leftovers(ours.root, { daemonPid: ours.pid, containers }).join(", ") || "nothing"}`);
}

/** Resident set size in KiB: proc(5), VmRSS. */
function memory(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
}

function mib(kib: number): string {
  return `${(kib / 1024).toFixed(0)} MiB`;
}
