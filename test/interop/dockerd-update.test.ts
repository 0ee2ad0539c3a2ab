/** `docker update` as our dockerd takes it, beside the genuine one: what is refused, what is kept, and what goes to runc. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CreateContext, checkRequest } from "@eras/docker-2019/dockerd/config/create-request.ts";
import { standardDefaults } from "@eras/docker-2019/dockerd/config/daemon-defaults.ts";
import { hostSupport } from "@eras/docker-2019/dockerd/config/host-support.ts";
import { updateHostConfig, verifyUpdate } from "@eras/docker-2019/dockerd/config/update.ts";
import { updatedResources } from "@eras/docker-2019/dockerd/spec/resources.ts";
import type { HostConfig, Resources } from "@eras/docker-2019/engine-api/container-config.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing } from "../harness/runtime-under-test.ts";
import { refusal } from "./refusal.ts";
import { RUNNING_RECORDER, SpecRecorder } from "./spec-recorder.ts";

const IMAGE = { Image: "busybox", Cmd: ["true"] };
const MB = 1 << 20;

const UPDATES: readonly (readonly [before: HostConfig, update: Resources & Pick<HostConfig, "RestartPolicy">])[] = [
  [{}, { Memory: 1 }],
  [{}, { Memory: 64 * MB }],
  [{ Memory: 64 * MB }, { Memory: 200 * MB }],
  [{ CpuPeriod: 10_000 }, { NanoCpus: 1e9 }],
  [{ CpuQuota: 10_000 }, { NanoCpus: 1e9 }],
  [{ NanoCpus: 1e9 }, { CpuPeriod: 10_000 }],
  [{ NanoCpus: 1e9 }, { CpuQuota: 10_000 }],
  [{ AutoRemove: true }, { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } }],
];

const ACCEPTED_UPDATES: typeof UPDATES = [
  [{ Memory: 64 * MB }, { Memory: 32 * MB, MemorySwap: -1, CpuShares: 512, PidsLimit: 50 }],
  [{ PidsLimit: 50 }, { PidsLimit: -1 }],
  [{ NanoCpus: 1e9 }, { NanoCpus: 0.5e9, CpusetCpus: "0" }],
  [{}, { MemorySwap: 64 * MB, BlkioWeight: 0, RestartPolicy: { Name: "always", MaximumRetryCount: 0 } }],
];

const SENT: readonly Resources[] = [
  { Memory: 32 * MB, MemorySwap: -1 },
  { Memory: 32 * MB, MemorySwap: 64 * MB, MemoryReservation: 16 * MB },
  { CpuShares: 512, CpusetCpus: "0", CpusetMems: "0" },
  { CpuPeriod: 50_000, CpuQuota: 25_000 },
  { PidsLimit: 50 },
  { PidsLimit: -1 },
];

describe("an update", () => {
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

  test.each(UPDATES.map((one) => [JSON.stringify(one), ...one] as const))("update %s", async (_, before, update) => {
    const { id, answer } = await genuineUpdate(before, update);
    expect(answer.status, JSON.stringify(answer)).toBeGreaterThanOrEqual(400);
    expect(refusal(() => ourUpdate(id, before, update))).toEqual(answer);
  });

  test.each(ACCEPTED_UPDATES.map((one) => [JSON.stringify(one), ...one] as const))(
    "and update %s is taken as there",
    async (_, before, update) => {
      const { id, answer, after } = await genuineUpdate(before, update);
      expect(answer.status).toBe(200);
      const ours = ourUpdate(id, before, update);
      for (const member of ["Memory", "MemorySwap", "CpuShares", "NanoCpus", "CpusetCpus"] as const)
        expect(ours[member] || 0).toEqual(after[member] || 0);
      expect(ours.PidsLimit ?? null).toEqual(after.PidsLimit);
      expect(ours.RestartPolicy?.Name).toEqual(after.RestartPolicy?.Name);
    },
  );

  test.each(SENT.map((update) => [JSON.stringify(update), update] as const))("sends runc %s", async (_, update) => {
    const { docker, place } = recorder;
    const limits = ["--memory", "48m", "--pids-limit", "90", "--cgroup-parent", place.cgroupParent];
    const id = docker.docker(["run", "-d", "--runtime", RUNNING_RECORDER, ...limits, "busybox", "sleep", "600"]);
    try {
      const { status, body } = await recorder.request("POST", `/containers/${id}/update`, update);
      expect(status, JSON.stringify(body)).toBe(200);
      const sent = JSON.parse(readFileSync(join(place.dir, "specs", "update.json"), "utf8"));
      expect(updatedResources(verifyUpdate(update, context.daemon, true).value)).toEqual(sent);
    } finally {
      docker.docker(["rm", "-f", id]);
    }
  });

  /** As our daemon does it: the container's record, then the update. */
  function ourUpdate(id: string, before: HostConfig, update: Resources): HostConfig {
    const { hostConfig } = checkRequest({ ...IMAGE, HostConfig: before }, context);
    return updateHostConfig(id, hostConfig, verifyUpdate(update, context.daemon, true).value);
  }

  async function genuineUpdate(before: HostConfig, update: Resources) {
    const created = await recorder.request("POST", "/containers/create", { ...IMAGE, HostConfig: before });
    const id: string = created.body.Id;
    const answer = await recorder.request("POST", `/containers/${id}/update`, update);
    const { body } = await recorder.request("GET", `/containers/${id}/json`);
    await recorder.request("DELETE", `/containers/${id}?force=1`);
    return { id, answer, after: body.HostConfig as HostConfig };
  }
});
