import type { Filesystem } from "./filesystem.ts";

export function writableBranchAsTar(_filesystem: Filesystem): AsyncIterable<Buffer> {
  throw new Error("not yet");
}
export function rootAsTar(_filesystem: Filesystem): AsyncIterable<Buffer> {
  throw new Error("not yet");
}
export async function changesOf(_filesystem: Filesystem): Promise<{ kind: string; path: string }[]> {
  throw new Error("not yet");
}
