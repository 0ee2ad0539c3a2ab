/** Of resctrl, what needs no processor that has it: what is refused, what is written, and what is read of files as the kernel shows them. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { LinuxIntelRdt } from "@eras/oci-spec/runtime/config-linux.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import { GENUINE, message, missing, OURS, runtime } from "../testsuite/on-bundle.ts";
import { outcome } from "../testsuite/outcome.ts";
import { plannedGroup, schemataText } from "./resctrl.ts";
import { readResctrlStats } from "./resctrl-stats.ts";

const RESCTRL = { root: "/sys/fs/resctrl", sharesCache: true, sharesBandwidth: true };

describe("plannedGroup()", () => {
  test.each([
    ["is named after the container", {}, "/sys/fs/resctrl/web"],
    ["is the one that is named", { closID: "gold" }, "/sys/fs/resctrl/gold"],
    ["is the whole, for /", { closID: "/" }, "/sys/fs/resctrl/"],
  ])("%s", (_what, rdt, group) => expect(plannedGroup("web", rdt, RESCTRL)).toBe(group));

  test("is none where nothing is to be shared", () => expect(plannedGroup("web", undefined)).toBe(""));

  const refusal = (intelRdt: LinuxIntelRdt, program: string) => {
    const container = runtime(program, (spec) => ({ ...spec, linux: { ...spec.linux, intelRdt } }));
    return message(outcome(container, ["create", container.id]));
  };

  test.skipIf(missing || existsSync("/sys/fs/resctrl/info"))(
    "refuses what the machine can't share, in runc's words",
    () => {
      for (const share of [{ l3CacheSchema: "L3:0=f" }, { memBwSchema: "MB:0=20", closID: "gold" }])
        expect(refusal(share, OURS)).toBe(refusal(share, GENUINE));
      expect(refusal({}, OURS)).toBe(
        "runc create failed: intelRdt is specified in config, but Intel RDT is not enabled",
      );
    },
  );
});

test.each([
  [{ l3CacheSchema: "L3:0=ff;1=c0" }, "L3:0=ff;1=c0\n"],
  [{ memBwSchema: "MB:0=20", l3CacheSchema: "L3:0=ff" }, "L3:0=ff\nMB:0=20\n"],
  [{ memBwSchema: "MB:0=20", l3CacheSchema: "MB:0=70\nL3:0=ff" }, "L3:0=ff\nMB:0=20\n"],
  [{ l3CacheSchema: "MB:0=70\nL3:0=ff" }, "MB:0=70\nL3:0=ff\n"],
  [{ l3CacheSchema: "L3:0=ff", schemata: ["L3:0=f", "L2:0=1"] }, "L3:0=ff\nL3:0=f\nL2:0=1\n"],
  [{ closID: "gold" }, ""],
])("schemataText() of %j", (rdt, text) => expect(schemataText(rdt)).toBe(text));

/** Files with their contents, in a directory that goes with the test. */
function files(contents: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), "docker-eras-resctrl-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), `${content}\n`);
  }
  return dir;
}

test("readResctrlStats() has what the machine shares, and what the container has of it and uses", () => {
  const root = files({
    "info/L3/cbm_mask": "7ff",
    "info/L3/min_cbm_bits": "1",
    "info/L3/num_closids": "16",
    "info/L3_MON/mon_features": "llc_occupancy\nmbm_total_bytes",
    "info/MB/bandwidth_gran": "10",
    "info/MB/delay_linear": "1",
    "info/MB/min_bandwidth": "10",
    "info/MB/num_closids": "8",
    schemata: "    MB:0=100\n    L3:0=7ff",
    "gold/schemata": "    MB:0=20\n    L3:0=ff",
    "gold/mon_data/mon_L3_00/llc_occupancy": "99",
    "gold/mon_groups/web/mon_data/mon_L3_00/llc_occupancy": "4096",
    "gold/mon_groups/web/mon_data/mon_L3_00/mbm_total_bytes": "512",
  });
  const resctrl = { root, sharesCache: true, sharesBandwidth: true };
  expect(readResctrlStats(join(root, "gold"), "web", { closID: "gold", enableMonitoring: true }, resctrl)).toEqual({
    l3_cache_info: { cbm_mask: "7ff", min_cbm_bits: 1, num_closids: 16 },
    l3_cache_schema_root: "L3:0=7ff",
    l3_cache_schema: "L3:0=ff",
    mem_bw_info: { bandwidth_gran: 10, delay_linear: 1, min_bandwidth: 10, num_closids: 8 },
    mem_bw_schema_root: "MB:0=100",
    mem_bw_schema: "MB:0=20",
    mbm_stats: [{ mbm_total_bytes: 512, mbm_local_bytes: 0 }],
    cmt_stats: [{ llc_occupancy: 4096 }],
  });
});
