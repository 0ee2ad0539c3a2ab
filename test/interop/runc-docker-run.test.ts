/** `docker run --runtime` at a genuine dockerd: what a user sees, with the runtime under test and with genuine runc. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing, RUNTIME } from "../harness/runtime-under-test.ts";
import { CASES } from "./docker-cases.ts";
import { DockerSession } from "./docker-session.ts";

describe(`docker run, with ${RUNTIME.name},`, () => {
  const reason = missing("/usr/sbin/dockerd", "/usr/bin/docker");
  if (reason) return void test.skip(reason);

  let session: DockerSession;
  beforeAll(async () => {
    session = await DockerSession.start();
  });
  afterAll(() => session.stop());

  for (const [subject, cases] of Object.entries(CASES)) {
    describe(`does as genuine runc does, for ${subject}:`, () => {
      for (const [flags, command, genuinely] of cases) {
        test([...flags, ...command].join(" "), async () => {
          const [ours, genuine] = await Promise.all([
            session.shown("tested", flags, command),
            session.shown("runc", flags, command),
          ]);
          expect(genuine).toMatch(genuinely);
          expect(ours).toBe(genuine);
        });
      }
    });
  }

  test("takes a seccomp profile of the user's", async () => {
    const profile = join(session.place.dir, "profile.json");
    const rule = { names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 };
    writeFileSync(profile, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [rule] }));
    const flags = ["--security-opt", `seccomp=${profile}`];
    const ours = await session.shown("tested", flags, ["mkdir", "/x"]);
    expect(ours).toContain("No space left on device");
    expect(ours).toBe(await session.shown("runc", flags, ["mkdir", "/x"]));
  });

  test("refuses a limit that the kernel refuses, with its file, its value and the reason", async () => {
    const flags = ["--cpu-rt-runtime", "1000"];
    const refusal =
      /OCI runtime create failed: runc create failed: .*1000.*cpu\.rt_runtime_us: (invalid argument|EINVAL)[\s\S]*125$/;
    for (const runtime of ["tested", "runc"] as const)
      expect(await session.shown(runtime, flags, ["true"])).toMatch(refusal);
  });
});
