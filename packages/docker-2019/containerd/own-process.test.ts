import { execFileSync } from "node:child_process";
import { openCgroup } from "@eras/cgroups/open.ts";
import { expect, onTestFinished, test } from "vitest";
import { DEFAULT_CONFIG } from "./config.ts";

test("adjustOwnProcess() goes into the cgroup of the configuration, and says how soon it may be killed", () => {
  const path = `docker-eras-test-containerd-${process.pid}`;
  const cgroup = openCgroup(`/${path}`);
  onTestFinished(() => cgroup.delete());
  const config = { ...DEFAULT_CONFIG, oom_score: 123, cgroup: { path } };
  const source = `
    import { readFileSync } from "node:fs";
    import { adjustOwnProcess } from "${import.meta.dirname}/own-process.ts";
    adjustOwnProcess(${JSON.stringify(config)});
    for (const name of ["oom_score_adj", "cgroup"]) process.stdout.write(readFileSync("/proc/self/" + name));`;
  const told = execFileSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8" });
  expect(told).toMatch(/^123\n/);
  for (const tree of Object.keys(cgroup.paths)) expect(told).toMatch(new RegExp(`:${tree}:/${path}$`, "m"));
});
