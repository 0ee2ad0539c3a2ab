/**
 * The hugetlb controller: huge pages, by their size.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/hugetlb.html
 */
import { readdirSync } from "node:fs";
import type { LinuxHugepageLimit } from "@eras/oci-spec/runtime/config-linux.ts";
import { ifPresent, readNumber, writeControlFile } from "../control-file.ts";
import { UNSIGNED_MINUS_ONE } from "../controller-limits.ts";
import { checkPageSize } from "../page-size.ts";
import type { HugetlbStats } from "../stats.ts";

/** Sets the limits, of pages in use and of pages reserved. */
export function setHugetlb(dir: string, limits: readonly LinuxHugepageLimit[]): void {
  for (const { pageSize, limit } of limits) {
    checkPageSize(pageSize);
    const bytes = limit >= UNSIGNED_MINUS_ONE ? -1 : limit;
    writeControlFile(dir, `hugetlb.${pageSize}.limit_in_bytes`, bytes);
    ifPresent(() => writeControlFile(dir, `hugetlb.${pageSize}.rsvd.limit_in_bytes`, bytes));
  }
}

/** Reads the use of each page size. */
export function readHugetlbStats(dir: string): Map<string, HugetlbStats> {
  const sizes = readdirSync(dir).flatMap((name) => /^hugetlb\.(\w+)\.usage_in_bytes$/.exec(name)?.[1] ?? []);
  return new Map(sizes.map((size) => [size, readPageSize(dir, `hugetlb.${size}`)]));
}

function readPageSize(dir: string, prefix: string): HugetlbStats {
  return {
    usageBytes: readNumber(dir, `${prefix}.usage_in_bytes`),
    peakBytes: readNumber(dir, `${prefix}.max_usage_in_bytes`),
    limitHits: readNumber(dir, `${prefix}.failcnt`),
  };
}
