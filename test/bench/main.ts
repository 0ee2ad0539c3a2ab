/**
 * `pnpm bench`: our chain of 2013 against the genuine programs of today, in turns, on this machine, now.
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
import { parseArgs } from "node:util";
import { GenuineDocker } from "../genuine/docker.ts";
import { busyboxTar, DOCKER, Docker2013 } from "../harness/docker-2013.ts";
import { leftovers } from "../harness/leftovers.ts";
import { type Contender, interleave, median, type Timing } from "./interleaved.ts";

const USAGE = `Usage: pnpm bench [--turns N] [--containers N]

  --turns N        counted runs of each command (default 21)
  --containers N   containers for memory and start-up (default 50)`;

const LXC_START = resolve(import.meta.dirname, "../../bin/lxc-start-2013");

/** What both LXCs mount. */
const MOUNTS = `lxc.mount.entry = proc proc proc nosuid,nodev,noexec 0 0
lxc.mount.entry = sysfs sys sysfs nosuid,nodev,noexec 0 0
`;

const { values } = parseArgs({
  options: {
    turns: { type: "string", default: "21" },
    containers: { type: "string", default: "50" },
    help: { type: "boolean", short: "h" },
  },
});

if (values.help) console.log(USAGE);
else await main(Number(values.turns), Number(values.containers));

async function main(turns: number, containers: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "docker-eras-bench-"));
  const ours = await Docker2013.start();
  mkdirSync(join(dir, "docker"));
  const genuine = await GenuineDocker.start(join(dir, "docker"));
  try {
    await ours.putBusybox();
    genuine.docker(["import", "-", "busybox"], busyboxTar());
    report(interleave(contenders(ours, genuine, dir), turns, progress(turns)));
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
      argv: [DOCKER, "run", "-a", "busybox", "/bin/true"],
      env: { DOCKER: ours.tcp },
    },
    {
      name: "docker run --rm --network none busybox true",
      argv: ["docker", "run", "--rm", "--network", "none", "busybox", "/bin/true"],
      env: genuine.env,
    },
    { name: "lxc-start-2013 true", argv: [LXC_START, "-n", "bench-2013", "-f", config2013, "--", "/bin/true"] },
    { name: "lxc-execute true", argv: ["lxc-execute", "-n", "bench", "-P", dir, "-f", configToday, "--", "/bin/true"] },
  ];
}

function progress(turns: number): (turn: number) => void {
  return (turn) => process.stderr.write(turn < turns ? `\rturn ${turn} of ${turns}` : "\r\x1b[K");
}

function report(timings: readonly Timing[]): void {
  const of = (name: string) => median(timings.find((timing) => timing.name.startsWith(name))!.runsMs);
  console.log("medians of interleaved runs:");
  for (const { name, runsMs } of timings) {
    const [fastest, slowest] = [Math.min(...runsMs), Math.max(...runsMs)];
    console.log(`  ${name.padEnd(46)} ${ms(median(runsMs))}   (${ms(fastest)} … ${ms(slowest)})`);
  }
  console.log("ratios:");
  const ratio = (a: string, b: string) => console.log(`  ${`${a} / ${b}`.padEnd(46)} ${(of(a) / of(b)).toFixed(2)}`);
  ratio("docker-2013", "docker run");
  ratio("docker-2013", "lxc-execute");
  ratio("lxc-start-2013", "lxc-execute");
}

/** Milliseconds, aligned. */
function ms(value: number): string {
  return `${value.toFixed(0).padStart(5)} ms`;
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
