/**
 * The hugetlb controller: huge pages, by their size.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/hugetlb.html
 */
import { readdirSync } from "node:fs";
import { readNumber, writeControlFile } from "../control-file.ts";
import type { HugepageLimit } from "../resources.ts";
import type { HugetlbStats } from "../stats.ts";

/** Sets the limits, of pages in use. */
export function setHugetlb(dir: string, limits: readonly HugepageLimit[]): void {
  for (const { pageSize, limit } of limits) writeControlFile(dir, `hugetlb.${pageSize}.limit_in_bytes`, limit);
}

/** Reads the use of each page size. */
export function readHugetlbStats(dir: string): Map<string, HugetlbStats> {
  const sizes = readdirSync(dir).flatMap((name) => /^hugetlb\.(\w+)\.usage_in_bytes$/.exec(name)?.[1] ?? []);
  return new Map(sizes.map((size) => [size, readPageSize(dir, `hugetlb.${size}`)]));
}

function readPageSize(dir: string, prefix: string): HugetlbStats {
  return {
    usageBytes: readNumber(dir, `${prefix}.usage_in_bytes`),
    limitHits: readNumber(dir, `${prefix}.failcnt`),
  };
}
