/**
 * The image `busybox`, made from the host's static busybox, as the archive that `docker save` writes and everybody loads:
 *
 *     manifest.json     [{ Config, RepoTags, Layers }]
 *     CONFIG.json       architecture, os, what to run, the layers' digests
 *     layer.tar
 *
 * @see https://github.com/moby/docker-image-spec/blob/v1.3.1/v1.2.md
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { busyboxTar } from "./docker-2013.ts";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** @param name - What the image is called where it is loaded: `docker.io/library/busybox:latest`. */
export function busyboxImage(name: string): Buffer {
  const config = { Cmd: ["sh"], Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] };
  return imageArchive(name, busyboxTar(), config);
}

/** An image of one layer, which is a tar. @param containers - What its config says of containers. */
export function imageArchive(name: string, layer: Buffer, containers: object): Buffer {
  const config = JSON.stringify({
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: "linux",
    config: containers,
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
  });
  const configName = `${sha256(config)}.json`;
  return tarOf({
    [configName]: config,
    "layer.tar": layer,
    "manifest.json": JSON.stringify([{ Config: configName, RepoTags: [name], Layers: ["layer.tar"] }]),
  });
}

/** The same root file system, as a directory for a bundle. */
export function unpackBusybox(dir: string): void {
  mkdirSync(dir, { recursive: true });
  execFileSync("tar", ["-C", dir, "-x"], { input: busyboxTar() });
}

/** A tar of files, all in its root. */
export function tarOf(files: Readonly<Record<string, string | Buffer>>): Buffer {
  const dir = mkdtempSync(join(tmpdir(), "docker-eras-image-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
    return execFileSync("tar", ["-C", dir, "-c", ...Object.keys(files)], { maxBuffer: 1 << 28 });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function sha256(bytes: string | Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
