/**
 * The hugetlb controller: huge pages, by their size.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#hugetlb
 */
import { readdirSync } from "node:fs";
import type { LinuxHugepageLimit } from "@eras/oci-spec/runtime/config-linux.ts";
import { ifPresent, readFlatKeyed, readNumber, writeControlFile } from "../control-file.ts";
import { UNSIGNED_MINUS_ONE } from "../controller-limits.ts";
import { checkPageSize } from "../page-size.ts";
import type { HugetlbStats } from "../stats.ts";

/** Sets the limits, of pages in use and of pages reserved. */
export function setHugetlb(dir: string, limits: readonly LinuxHugepageLimit[]): void {
  for (const { pageSize, limit } of limits) {
    checkPageSize(pageSize);
    const bytes = limit >= UNSIGNED_MINUS_ONE ? "max" : limit;
    writeControlFile(dir, `hugetlb.${pageSize}.max`, bytes);
    ifPresent(() => writeControlFile(dir, `hugetlb.${pageSize}.rsvd.max`, bytes));
  }
}

/** Reads the use of each page size; no sizes where the controller is not on. */
export function readHugetlbStats(dir: string): Map<string, HugetlbStats> {
  const sizes = readdirSync(dir).flatMap((name) => /^hugetlb\.(\w+)\.current$/.exec(name)?.[1] ?? []);
  return new Map(sizes.map((size) => [size, readPageSize(dir, `hugetlb.${size}`)]));
}

function readPageSize(dir: string, prefix: string): HugetlbStats {
  return {
    usageBytes: readNumber(dir, `${prefix}.current`),
    limitHits: readFlatKeyed(dir, `${prefix}.events`).max ?? 0,
  };
}
