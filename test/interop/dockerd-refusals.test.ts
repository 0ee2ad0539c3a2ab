/** What our dockerd says to requests that make no sense, beside what the genuine one says. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { verifyName } from "@eras/docker-2019/dockerd/config/container-name.ts";
import { type CreateContext, checkRequest, completeRequest } from "@eras/docker-2019/dockerd/config/create-request.ts";
import { standardDefaults } from "@eras/docker-2019/dockerd/config/daemon-defaults.ts";
import { hostSupport } from "@eras/docker-2019/dockerd/config/host-support.ts";
import { mountPointsOfHostConfig } from "@eras/docker-2019/dockerd/config/mount-points.ts";
import type { ContainerCreateRequest } from "@eras/docker-2019/engine-api/container-config.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing } from "../harness/runtime-under-test.ts";
import { refusal } from "./refusal.ts";
import { BUSYBOX_CONFIG, SpecRecorder } from "./spec-recorder.ts";

const IMAGE = { Image: "busybox", Cmd: ["true"] };
/** The wire takes anything; these take what is not in the types. */
const wrong = (hostConfig: object): ContainerCreateRequest => ({ ...IMAGE, HostConfig: hostConfig });
const mounts = (...Mounts: object[]) => wrong({ Mounts });
const binds = (...Binds: string[]) => wrong({ Binds });
const ofContainer = (request: object): ContainerCreateRequest => ({
  ...IMAGE,
  ...request,
  HostConfig: { NetworkMode: "container:x", ...(request as ContainerCreateRequest).HostConfig },
});
const MB = 1 << 20;

const REQUESTS: readonly ContainerCreateRequest[] = [
  // limits
  wrong({ Memory: 1 }),
  wrong({ Memory: 6 * MB - 1 }),
  wrong({ Memory: -1 }),
  wrong({ Memory: 64 * MB, MemorySwap: 32 * MB }),
  wrong({ MemorySwap: 32 * MB }),
  wrong({ MemorySwappiness: 101 }),
  wrong({ MemorySwappiness: -2 }),
  wrong({ MemoryReservation: MB }),
  wrong({ Memory: 64 * MB, MemoryReservation: 65 * MB }),
  wrong({ NanoCpus: 1e9, CpuPeriod: 1000 }),
  wrong({ NanoCpus: 1e9, CpuQuota: 1000 }),
  wrong({ NanoCpus: -1 }),
  wrong({ NanoCpus: 1000e9 }),
  wrong({ CpuPeriod: 999 }),
  wrong({ CpuPeriod: 1_000_001 }),
  wrong({ CpuQuota: 999 }),
  wrong({ CpusetCpus: "1000" }),
  wrong({ CpusetCpus: "3-1" }),
  wrong({ CpusetCpus: "x" }),
  wrong({ CpusetCpus: "0-9000" }),
  wrong({ CpusetMems: "5" }),
  wrong({ CpusetMems: "," }),
  wrong({ CpuRealtimePeriod: 1000, CpuRealtimeRuntime: 2000 }),
  wrong({ ShmSize: -1 }),
  wrong({ OomScoreAdj: 1001 }),
  wrong({ OomScoreAdj: -1001 }),
  wrong({ Isolation: "hyperv" }),
  // everything else of the host
  wrong({ AutoRemove: true, RestartPolicy: { Name: "always" } }),
  wrong({ RestartPolicy: { Name: "sometimes" } }),
  wrong({ RestartPolicy: { Name: "always", MaximumRetryCount: 1 } }),
  wrong({ RestartPolicy: { Name: "no", MaximumRetryCount: 1 } }),
  wrong({ RestartPolicy: { Name: "on-failure", MaximumRetryCount: -1 } }),
  wrong({ ExtraHosts: ["x"] }),
  wrong({ ExtraHosts: [":1.2.3.4"] }),
  wrong({ ExtraHosts: ["h:1.2.3"] }),
  wrong({ PortBindings: { "x/tcp": [] } }),
  wrong({ PortBindings: { "70000/tcp": [] } }),
  wrong({ PortBindings: { "80/tcp": [{ HostPort: "x" }] } }),
  wrong({ PortBindings: { "80/tcp": [{ HostPort: "9-8" }] } }),
  wrong({ PortBindings: { "80/tcp": [{ HostPort: "70000" }] } }),
  wrong({ CapAdd: ["NOTHING"] }),
  wrong({ CapDrop: ["cap_x"] }),
  wrong({ Runtime: "none-such" }),
  wrong({ Tmpfs: { run: "" } }),
  wrong({ Tmpfs: { "/": "" } }),
  wrong({ CgroupnsMode: "x" }),
  wrong({ LogConfig: { Type: "json-file", Config: { what: "1" } } }),
  wrong({ LogConfig: { Config: { mode: "fast" } } }),
  wrong({ LogConfig: { Config: { "max-buffer-size": "1m" } } }),
  wrong({ SecurityOpt: ["what"] }),
  wrong({ SecurityOpt: ["what=1"] }),
  wrong({ SecurityOpt: ["no-new-privileges=maybe"] }),
  // networks
  ofContainer({ Hostname: "h" }),
  ofContainer({ HostConfig: { Links: ["a:b"] } }),
  ofContainer({ HostConfig: { Dns: ["1.1.1.1"] } }),
  ofContainer({ HostConfig: { ExtraHosts: ["h:1.1.1.1"] } }),
  ofContainer({ MacAddress: "02:42:ac:11:00:02" }),
  ofContainer({ HostConfig: { PublishAllPorts: true } }),
  ofContainer({ ExposedPorts: { "80/tcp": {} } }),
  wrong({ NetworkMode: "container:" }),
  wrong({ NetworkMode: "container" }),
  wrong({ NetworkMode: "host", Links: ["a:b"] }),
  { ...IMAGE, MacAddress: "02:42:ac:11:00:02", HostConfig: { NetworkMode: "host" } },
  { ...IMAGE, Hostname: "h", HostConfig: { UTSMode: "host" } },
  { ...IMAGE, NetworkingConfig: { EndpointsConfig: { a: { IPAMConfig: { IPv4Address: "1.2" } } } } },
  { ...IMAGE, NetworkingConfig: { EndpointsConfig: { a: { IPAMConfig: { IPv6Address: "1.2.3.4" } } } } },
  // mounts
  mounts({ Type: "bind", Source: "/none/such", Target: "/mnt" }),
  mounts({ Type: "bind", Target: "/mnt" }),
  mounts({ Type: "bind", Source: "etc", Target: "/mnt" }),
  mounts({ Type: "bind", Source: "/etc", Target: "mnt" }),
  mounts({ Type: "bind", Source: "/etc", Target: "/" }),
  mounts({ Type: "bind", Source: "/etc", Target: "\\" }),
  mounts({ Type: "bind", Source: "/etc" }),
  mounts({ Type: "bind", Source: "/etc", Target: "/mnt", BindOptions: { Propagation: "far" } }),
  mounts({ Type: "bind", Source: "/etc", Target: "/mnt", VolumeOptions: {} }),
  mounts({ Type: "volume", Target: "/mnt", ReadOnly: true }),
  mounts({ Type: "volume", Target: "/mnt", BindOptions: {} }),
  mounts({ Type: "tmpfs", Target: "/mnt", Source: "x" }),
  mounts({ Type: "tmpfs", Target: "/mnt", BindOptions: {} }),
  mounts({ Type: "what", Target: "/mnt" }),
  mounts({ Target: "/mnt" }),
  mounts({ Type: "tmpfs", Target: "/mnt" }, { Type: "tmpfs", Target: "/mnt/" }),
  wrong({ Binds: ["/etc:/mnt"], Mounts: [{ Type: "tmpfs", Target: "/mnt" }] }),
  wrong({ Binds: ["/etc:/mnt"], Tmpfs: { "/mnt": "" } }),
  binds("/etc:/mnt", "/var:/mnt"),
  binds("/etc:/mnt:ro:rw"),
  binds(":/mnt"),
  binds(""),
  binds("/mnt:ro"),
  binds("/etc:/mnt:what"),
  binds("/etc:/mnt:ro,rw"),
  binds("/etc:mnt"),
  binds("/etc:/"),
  binds("v:/mnt:rshared"),
  wrong({ VolumesFrom: [""] }),
  wrong({ VolumesFrom: ["x:what"] }),
  wrong({ VolumesFrom: ["x:rshared"] }),
  wrong({ VolumesFrom: ["x:nocopy"] }),
  // what runs
  { ...IMAGE, WorkingDir: "tmp" },
  { ...IMAGE, StopSignal: "BOGUS" },
  { ...IMAGE, StopSignal: "0" },
  { ...IMAGE, Env: ["=x"] },
  { ...IMAGE, Env: [""] },
  { ...IMAGE, Healthcheck: { Interval: 1 } },
  { ...IMAGE, Healthcheck: { Timeout: 999_999 } },
  { ...IMAGE, Healthcheck: { StartPeriod: 1 } },
  { ...IMAGE, Healthcheck: { Retries: -1 } },
  { Image: "busybox", Entrypoint: [], Cmd: [], Env: ["=x"], HostConfig: { Memory: 1 } },
];

const REMAPPED_REQUESTS: readonly ContainerCreateRequest[] = [
  wrong({ Privileged: true }),
  wrong({ NetworkMode: "host" }),
  wrong({ PidMode: "host" }),
  wrong({ CgroupParent: "/mine" }),
  wrong({ CgroupParent: ".slice" }),
];

describe("what makes no sense is refused in the genuine dockerd's words:", () => {
  const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker");
  if (reason) return void test.skip(reason);

  let recorder: SpecRecorder;
  let context: CreateContext;
  beforeAll(async () => {
    recorder = await SpecRecorder.start();
    const daemon = standardDefaults(recorder.dataRoot, hostSupport());
    context = { apiVersion: "1.41", daemon, idOf: () => undefined };
  });
  afterAll(() => recorder.stop());

  test.each(REQUESTS.map((request) => [shortly(request), request] as const))("create %s", async (_, request) => {
    const { status, body } = await recorder.request("POST", "/containers/create", request);
    expect(status, JSON.stringify(body)).toBeGreaterThanOrEqual(400);
    expect(refusal(() => ourCreate(request))).toEqual({ status, body });
  });

  test("create with a bind of the daemon's own files that spreads too little", async () => {
    const inside = join(recorder.dataRoot, "x");
    mkdirSync(inside);
    const request = binds(`${inside}:/mnt:private`);
    const { status, body } = await recorder.request("POST", "/containers/create", request);
    expect(refusal(() => ourCreate(request))).toEqual({ status, body });
  });

  test.each(["b@d", "-a", "a", "/", "_x", "a b"])("create, named %j", async (name) => {
    const answer = await recorder.request("POST", `/containers/create?name=${encodeURIComponent(name)}`, IMAGE);
    expect(refusal(() => verifyName(name))).toEqual(answer);
  });

  describe("by a daemon with user namespaces, and groups of systemd's:", () => {
    let remapped: SpecRecorder;
    beforeAll(async () => {
      const flags = ["--userns-remap", "daemon", "--exec-opt", "native.cgroupdriver=systemd"];
      remapped = await SpecRecorder.start(flags, "daemon:100000:65536\n");
    });
    afterAll(() => remapped.stop());

    test.each(REMAPPED_REQUESTS.map((request) => [shortly(request), request] as const))(
      "create %s",
      async (_, request) => {
        const { status, body } = await remapped.request("POST", "/containers/create", request);
        const daemon = { ...context.daemon, isRemapped: true, cgroupDriver: "systemd" as const };
        expect(refusal(() => checkRequest(request, { ...context, daemon }))).toEqual({ status, body });
      },
    );
  });

  function ourCreate(request: ContainerCreateRequest): void {
    const { hostConfig } = completeRequest(checkRequest(request, context), BUSYBOX_CONFIG, context.daemon);
    mountPointsOfHostConfig(hostConfig, () => [], recorder.dataRoot);
  }
});

function shortly({ Image: _, ...request }: ContainerCreateRequest): string {
  return JSON.stringify(request);
}
