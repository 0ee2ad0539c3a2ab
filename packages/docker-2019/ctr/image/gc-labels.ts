/**
 * Labels by which containerd's garbage collector finds what a piece of content needs. The store itself does not look inside of content.
 *
 *     index     containerd.io/gc.ref.content.m.0      its manifests
 *     manifest  containerd.io/gc.ref.content.config   its config
 *               containerd.io/gc.ref.content.l.0 …    its layers
 *     config    containerd.io/gc.ref.snapshot.overlayfs = the chainID of what its layers were unpacked to
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/docs/content-flow.md
 */
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { kindOf } from "./descriptor.ts";

const CONTENT = "containerd.io/gc.ref.content.";
const PREFIXES = { index: "m.", manifest: "m.", layer: "l.", config: "config", unknown: "" } as const;

/** The labels of content that refers to these. */
export function childLabels(children: readonly Descriptor[]): Record<string, string> {
  const counts = new Map<string, number>();
  const labels = children.map((child) => {
    const prefix = PREFIXES[kindOf(child)];
    const count = counts.get(prefix) ?? 0;
    counts.set(prefix, count + 1);
    const numbered = prefix === "" || prefix.endsWith(".") || count > 0;
    return [`${CONTENT}${prefix}${numbered ? count : ""}`, child.digest] as const;
  });
  return Object.fromEntries(labels);
}

/** The label of a config whose layers lie in a snapshotter. */
export function snapshotLabel(snapshotter: string, chainId: string): Record<string, string> {
  return { [`containerd.io/gc.ref.snapshot.${snapshotter}`]: chainId };
}

/** The label of a layer that says what its tar's digest is. */
export function uncompressedLabel(diffId: string): Record<string, string> {
  return { "containerd.io/uncompressed": diffId };
}

/** The label that says in which repositories of a registry content lies: a push to that registry need not send it again. */
export function sourceLabel(domain: string): string {
  return `containerd.io/distribution.source.${domain.replace(/:\d+$/, "")}`;
}

/** Keeps the garbage collector away from what nothing refers to. Its value is a time, for people. */
export function rootLabel(): Record<string, string> {
  return { "containerd.io/gc.root": `${new Date().toISOString().slice(0, "2026-11-29T19:53:52".length)}Z` };
}
