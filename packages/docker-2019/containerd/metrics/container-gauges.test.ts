import { describe, expect, test } from "vitest";
import { packAny } from "../../proto/any.ts";
import { MetricsSchema as V1Schema } from "../../proto/gen/cgroups-v1_pb.ts";
import { MetricsSchema as V2Schema } from "../../proto/gen/cgroups-v2_pb.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";
import { measured } from "./container-gauges.ts";

/** What there is a value of, by name. */
function valuesOf(metrics: Any): Record<string, unknown> {
  return Object.fromEntries(
    measured(metrics)
      .filter(({ samples }) => samples.length > 0)
      .map(({ name, samples }) => [name, samples]),
  );
}

describe("measured()", () => {
  test("tells v1's memory and disks by containerd's names", () => {
    const written = { op: "Write", device: "/dev/sda", major: 8n, minor: 0n, value: 4096n };
    const values = valuesOf(
      packAny(V1Schema, {
        memory: { totalMappedFile: 7n, hierarchicalSwapLimit: 8n, kernelTcp: { failcnt: 3n } },
        blkio: { ioServiceBytesRecursive: [written] },
        hugetlb: [{ pagesize: "2MB", max: 5n }],
      }),
    );
    expect(values.container_memory_total_mapped_file_bytes).toEqual([{ value: 7n }]);
    expect(values.container_memory_hierarchical_memsw_limit_bytes).toEqual([{ value: 8n }]);
    expect(values.container_memory_kerneltcp_failcnt_total).toEqual([{ value: 3n }]);
    expect(values.container_hugetlb_max_bytes).toEqual([{ value: 5n, labels: { page: "2MB" } }]);
    expect(values.container_blkio_io_service_bytes_recursive_bytes).toEqual([
      { value: 4096n, labels: { op: "Write", device: "/dev/sda", major: "8", minor: "0" } },
    ]);
    expect(values).not.toHaveProperty("container_pids_current"); // of that it was told nothing
  });

  test("tells v2's", () => {
    const values = valuesOf(
      packAny(V2Schema, {
        memory: { pgfault: 6n, anonThp: 2n },
        memoryEvents: { oom: 1n },
        io: { usage: [{ major: 8n, minor: 16n, wios: 9n }] },
      }),
    );
    expect(values.container_memory_pgfault_bytes).toEqual([{ value: 6n }]);
    expect(values.container_memory_anon_thp_bytes).toEqual([{ value: 2n }]);
    expect(values.container_memory_oom_total).toEqual([{ value: 1n }]);
    expect(values.container_io_wios_total).toEqual([{ value: 9n, labels: { major: "8", minor: "16" } }]);
  });
});
