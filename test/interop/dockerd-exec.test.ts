/** The process of `docker exec` as our dockerd describes it to runc, beside the genuine one's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execProcess } from "@eras/docker-2019/dockerd/spec/exec-process.ts";
import type { ContainerCreateRequest } from "@eras/docker-2019/engine-api/container-config.ts";
import type { ExecCreateRequest } from "@eras/docker-2019/engine-api/exec.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing } from "../harness/runtime-under-test.ts";
import { refusal } from "./refusal.ts";
import { RUNNING_RECORDER, SpecRecorder } from "./spec-recorder.ts";

const PLAIN: ContainerCreateRequest = { Env: ["PATH=/bin", "A=container", "B=container"] };
const PARTICULAR: ContainerCreateRequest = {
  Env: ["PATH=/bin", "TERM=dumb"],
  User: "nobody",
  Tty: true,
  WorkingDir: "/tmp",
  Hostname: "web",
  HostConfig: {
    Init: true,
    CapAdd: ["NET_ADMIN"],
    CapDrop: ["MKNOD"],
    GroupAdd: ["daemon"],
    OomScoreAdj: 100,
    SecurityOpt: ["no-new-privileges"],
    Ulimits: [{ Name: "nofile", Soft: 100, Hard: 200 }],
  },
};

const EXECS: readonly (readonly [name: string, exec: Partial<ExecCreateRequest>])[] = [
  ["nothing", {}],
  ["-t", { Tty: true }],
  ["-u", { User: "daemon:60" }],
  ["-u 0", { User: "0" }],
  ["-e", { Env: ["A=exec", "B", "C=exec", "TERM=exec", "C=again"] }],
  ["-w", { WorkingDir: "/proc" }],
  ["--privileged", { Privileged: true }],
  ["--privileged -u", { Privileged: true, User: "1" }],
];

describe("the process of an exec, beside the genuine dockerd's,", () => {
  const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker");
  if (reason) return void test.skip(reason);

  let recorder: SpecRecorder;
  beforeAll(async () => {
    recorder = await SpecRecorder.start();
  });
  afterAll(() => recorder.stop());

  describe.each([
    ["an ordinary container", PLAIN],
    ["a particular container", PARTICULAR],
  ])("in %s:", (_, request) => {
    let id: string;
    beforeAll(async () => {
      const HostConfig = {
        ...request.HostConfig,
        Runtime: RUNNING_RECORDER,
        CgroupParent: `/${recorder.place.cgroupParent}`,
      };
      const body = { Image: "busybox", Cmd: ["sleep", "600"], ...request, HostConfig };
      id = (await recorder.request("POST", "/containers/create", body)).body.Id;
      expect(await recorder.request("POST", `/containers/${id}/start`)).toMatchObject({ status: 204 });
    });
    afterAll(async () => {
      await recorder.request("DELETE", `/containers/${id}?force=1`);
    });

    test("is refused for a user that isn't there", async () => {
      const exec = { Cmd: ["true"], User: "nosuch" };
      const created = await recorder.request("POST", `/containers/${id}/exec`, exec);
      const genuine = await recorder.request("POST", `/exec/${created.body.Id}/start`, { Detach: true });
      expect(refusal(() => execProcess(parts(request), exec))).toEqual(genuine);
    });

    test.each(EXECS)("%s", async (_, asked) => {
      const exec = { Cmd: ["true", "a b"], ...asked };
      const created = await recorder.request("POST", `/containers/${id}/exec`, exec);
      await recorder.request("POST", `/exec/${created.body.Id}/start`, { Detach: true, Tty: asked.Tty ?? false });
      const genuine = JSON.parse(readFileSync(join(recorder.place.dir, "specs/process.json"), "utf8"));
      const { body } = await recorder.request("GET", `/containers/${id}/json`);
      expect(execProcess(parts({ ...body.Config, HostConfig: body.HostConfig }), exec)).toEqual(genuine);
    });

    function parts({ HostConfig, ...config }: ContainerCreateRequest) {
      const daemon = { dataRoot: recorder.dataRoot, cgroupDriver: "cgroupfs" } as const;
      return { id, rootfs: recorder.rootfs, config, hostConfig: HostConfig ?? {}, daemon };
    }
  });
});
