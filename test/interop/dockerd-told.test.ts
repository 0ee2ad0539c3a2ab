/** What dockerd was told, by flags and by its file, is to be seen in `docker info`, as the genuine dockerd shows it, and in its containers. */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { DOCKERD, Dockerd2019 } from "../harness/dockerd-2019.ts";
import { engineRequest } from "../harness/engine-request.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { Terminal } from "../harness/terminal.ts";

const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker");
const SECCOMP = {
  defaultAction: "SCMP_ACT_ALLOW",
  syscalls: [{ names: ["chmod", "fchmodat"], action: "SCMP_ACT_ERRNO" }],
};

describe("what dockerd is told", () => {
  if (reason) return void test.skip(reason);

  let place: Place;
  let configFile: string;
  let genuine: GenuineDocker;
  let ours: Dockerd2019;
  beforeAll(async () => {
    place = newPlace();
    configFile = join(place.dir, "daemon.json");
    writeFileSync(join(place.dir, "seccomp.json"), JSON.stringify(SECCOMP));
    tell({});
    genuine = await GenuineDocker.start(place.dir, { flags: FLAGS() });
    ours = await Dockerd2019.start([...FLAGS(), ...NETWORK_FLAGS]);
    await docker("load", busyboxImage("busybox:latest"));
  });
  afterAll(async () => {
    await genuine.stop();
    await ours.stop();
    expect(await removePlace(place)).toEqual([]);
  });

  const FLAGS = () => [
    ...["--config-file", configFile, "--label", "a=b", "--label", "c=d", "--no-new-privileges", "--live-restore"],
    ...["--default-ulimit", "nofile=100:200", "--init"],
    ...["--seccomp-profile", join(place.dir, "seccomp.json"), "--default-address-pool", "base=10.199.0.0/16,size=24"],
    ...["--log-opt", "max-size=1m", "--exec-opt", "native.cgroupdriver=cgroupfs"],
  ];

  /** The file that both have. */
  function tell(more: object): void {
    const file = {
      "registry-mirrors": ["http://127.0.0.1:1"],
      "insecure-registries": ["10.0.0.0/8", "reg.example:5000"],
      "default-shm-size": "8m",
      runtimes: { mine: { path: "runc" } },
    };
    writeFileSync(configFile, JSON.stringify({ ...file, ...more }));
  }

  async function docker(command: string, input?: Buffer): Promise<string> {
    const { stdout, stderr, status } = await ours.docker(command.split(" "), input);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    return stdout.trim();
  }

  const inContainer = async (...command: string[]) =>
    (await ours.docker(["run", "--rm", "busybox", "sh", "-c", ...command])).stdout.trim();

  async function infos() {
    const sockets = [join(place.dir, "docker.sock"), ours.socket];
    const [theirs, own] = await Promise.all(sockets.map((path) => engineRequest(path, "GET", "/v1.40/info")));
    return { theirs: shown(theirs!.body), own: shown(own!.body) };
  }

  test("is in docker info", async () => {
    const { theirs, own } = await infos();
    expect(own).toEqual(theirs);
    expect(own).toMatchObject({ Labels: ["a=b", "c=d"], LiveRestoreEnabled: true });
  });

  test("holds for containers: limits, new privileges, seccomp, init, /dev/shm", async () => {
    expect(await inContainer("ulimit -Sn; ulimit -Hn")).toBe("100\n200");
    expect(await inContainer("grep NoNewPrivs /proc/self/status")).toBe("NoNewPrivs:\t1");
    expect((await ours.docker(["run", "--rm", "busybox", "chmod", "700", "/tmp"])).stderr).toContain("not permitted");
    expect(await inContainer("tr '\\0' ' ' < /proc/1/cmdline")).toMatch(/^\/sbin\/docker-init -- sh/);
    expect(await inContainer("df -k /dev/shm | tail -1")).toContain(" 8192 ");
    const id = await docker("create busybox true");
    expect(JSON.parse(await docker(`inspect ${id}`))[0].HostConfig).toMatchObject({
      Ulimits: [{ Name: "nofile", Soft: 100, Hard: 200 }],
      LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
    });
    const record = readFileSync(join(ours.place.dir, "data/containers", id, "hostconfig.json"), "utf8");
    expect(JSON.parse(record).Ulimits ?? []).toEqual([]); // they are those of the daemon that starts it
  });

  test("holds for networks: address, range, MTU, names, ports", async () => {
    expect(await inContainer("ip -4 addr show eth0")).toMatch(/mtu 1400[\s\S]*inet 10\.198\.7\.(12[89]|13\d)\/24/);
    expect(await inContainer("cat /etc/resolv.conf")).toBe("search example.org\nnameserver 9.9.9.9\noptions ndots:3");
    const run = ["run", "--rm", "--add-host", "me:host-gateway", "--dns", "1.1.1.1", "busybox", "cat"];
    expect((await ours.docker([...run, "/etc/hosts"])).stdout).toContain("\n10.198.7.9\tme\n");
    expect((await ours.docker([...run, "/etc/resolv.conf"])).stdout).toContain("nameserver 1.1.1.1");
    const id = await docker("run -d -p 80 busybox sleep 60");
    expect(await docker(`port ${id}`)).toMatch(/^80\/tcp -> 127\.0\.0\.1:\d+$/);
    await docker(`rm -f ${id}`);
  });

  test("and can be changed in the file, which SIGHUP has read again", async () => {
    const more = {
      debug: true,
      "shutdown-timeout": 3,
      "registry-mirrors": ["http://127.0.0.1:2"],
      "max-concurrent-downloads": 9,
      "default-shm-size": "16m",
      runtimes: {},
      "default-ipc-mode": "shareable",
    };
    const odd = await docker("create --runtime mine busybox true");
    const before = Math.floor(Date.now() / 1000);
    tell(more);
    await hangUp((info) => info.Debug === true);
    const { theirs, own } = await infos();
    expect(own).toEqual(theirs);
    expect(own).toMatchObject({ Debug: true, RegistryConfig: { Mirrors: ["http://127.0.0.1:2/"] } });
    const [told, others] = await Promise.all([ours.docker(reloads(before)), genuine.run(reloads(before))]);
    const attributes = ({ stdout }: { stdout: string }) => JSON.parse(stdout.split("\n")[0]!).Actor.Attributes;
    expect(attributes(others)).toMatchObject(withoutPaths(attributes(told)));
    expect(attributes(told)).toMatchObject({ "max-concurrent-downloads": "9", "default-shm-size": "16777216" });
    expect(await inContainer("df -k /dev/shm | tail -1")).toContain(" 16384 ");
    expect(await docker(`inspect -f {{.HostConfig.IpcMode}} ${await docker("create busybox true")}`)).toBe("shareable");
    expect((await ours.docker(["start", odd])).stderr).toContain("Unknown runtime specified mine");
    expect(ours.log).toContain('level=debug msg="Reset Shutdown Timeout: 3"');
    expect(ours.log).toContain('level=debug msg="Calling GET /v1.40/info"');
  });

  test("and what makes no sense changes nothing", async () => {
    tell({ debug: false, foo: 1 });
    process.kill(ours.pid, "SIGHUP");
    while (!ours.log.includes("Error reconfiguring the daemon")) await delay(20);
    expect(ours.log).toContain("the following directives don't match any configuration option: foo");
    expect((await infos()).own).toMatchObject({ Debug: true });
  });

  test("at a terminal the log has colors, unless it is to be raw", async () => {
    const refused = ["-D", "--oom-score-adjust", "5000", "--data-root", join(ours.place.dir, "data")]; // which is in use
    expect(await onTerminal(refused, /(.*)Cannot set oom_score_adj/)).toContain("\x1b[37mDEBU\x1b[0m[2");
    expect(await onTerminal([...refused, "--raw-logs"], /(.*)Cannot set oom_score_adj/)).toMatch(/level=debug msg="$/);
  });

  async function onTerminal(args: readonly string[], text: RegExp): Promise<string> {
    const terminal = new Terminal();
    try {
      const exit = once(terminal.run(DOCKERD, args, shellEnvironment()), "exit");
      const shown = await terminal.waitFor(text);
      await exit;
      return shown;
    } finally {
      terminal.close();
    }
  }

  const reloads = (since: number) => [
    ...["events", "--since", String(since), "--until", String(Math.ceil(Date.now() / 1000) + 1)],
    ...["--filter", "event=reload", "--format", "{{json .}}"],
  ];

  async function hangUp(isDone: (info: ReturnType<typeof shown>) => boolean): Promise<void> {
    for (const pid of [ours.pid, genuine.pid]) process.kill(pid, "SIGHUP");
    for (;;) {
      const { theirs, own } = await infos();
      if (isDone(theirs) && isDone(own)) return;
      await delay(20);
    }
  }
});

const NETWORK_FLAGS = [
  ...["--bip", "10.198.7.9/24", "--fixed-cidr", "10.198.7.128/28", "--mtu", "1400", "--ip", "127.0.0.1"],
  ...["--dns", "9.9.9.9", "--dns-search", "example.org", "--dns-opt", "ndots:3"],
];

/** What is told of the kernel. */
const HOST = [
  ...["MemoryLimit", "SwapLimit", "KernelMemory", "KernelMemoryTCP", "OomKillDisable", "PidsLimit"],
  ...["CpuCfsPeriod", "CpuCfsQuota", "CPUShares", "CPUSet", "CgroupVersion", "Warnings"],
];

/** What is told of options, and of the kernel. */
// biome-ignore lint/suspicious/noExplicitAny: as the engine says it
function shown(info: any) {
  const { Debug, Labels, LiveRestoreEnabled, LoggingDriver, CgroupDriver, DefaultRuntime, InitBinary } = info;
  const { RegistryConfig, SecurityOptions, DefaultAddressPools, ExperimentalBuild, IndexServerAddress } = info;
  return {
    ...{
      Debug,
      Labels: Labels.toSorted(),
      LiveRestoreEnabled,
      LoggingDriver,
      CgroupDriver,
      DefaultRuntime,
      InitBinary,
      RegistryConfig,
    },
    ...{ SecurityOptions, DefaultAddressPools, ExperimentalBuild, IndexServerAddress },
    ...{ host: HOST.map((name) => [name, info[name]]) },
  };
}

/** Each has its own. */
function withoutPaths({ runtimes: _, ...attributes }: Record<string, string>): Record<string, string> {
  return attributes;
}
