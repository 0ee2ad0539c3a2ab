/** `ctr images import` and `export`: images as files. */
import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { hostPlatform } from "@eras/oci-spec/platform.ts";
import { flag, leaf } from "../../command.ts";
import type { Containerd } from "../../containerd.ts";
import { exportImages } from "../../image/export.ts";
import { getImage, putImage, targetOf } from "../../image/image-store.ts";
import { type ArchivedImage, importArchive } from "../../image/import.ts";
import { chosenPlatforms, PLATFORM_OPTIONS, type PlatformFlags } from "../../image/platform-flags.ts";
import { manifestFor } from "../../image/resolve-content.ts";
import { unpack } from "../../image/unpack.ts";
import { write } from "../../output/print.ts";
import { SNAPSHOTTER_OPTION, type SnapshotterFlags } from "../../snapshotter-flag.ts";

/** Stands for standard input or output. */
const STREAM = "-";

interface ImportFlags extends PlatformFlags, SnapshotterFlags {
  readonly baseName?: string;
  readonly indexName?: string;
  readonly digests?: true;
  readonly noUnpack?: true;
}

export const importImages = leaf<ImportFlags>({
  name: "import",
  summary: "import images",
  usage: "[flags] <in>",
  options: [
    flag("--base-name <value>", "base image name for added images"),
    flag("--index-name <value>", "image name to keep index as, by default index is discarded"),
    flag("--digests", "whether to create digest images"),
    flag("--no-unpack", "skip unpacking the images"),
    SNAPSHOTTER_OPTION,
    ...PLATFORM_OPTIONS,
  ],
  async run({ flags, args: [path], containerd }) {
    if (!path) throw new InvalidArgument("please provide an archive to import, or - for standard input");
    const bytes: AsyncIterable<Uint8Array> =
      path === STREAM ? process.stdin : createReadStream(path, { fd: openSync(path, "r") }); // fails now, not while nobody listens
    await containerd.withLease(async (leased) => {
      const { baseName, indexName } = flags;
      const options = { baseName, indexName, platforms: chosenPlatforms(flags) };
      for (const image of await importArchive(leased, bytes, options)) await addImage(leased, image, flags);
    });
  },
});

async function addImage(containerd: Containerd, { target, names }: ArchivedImage, flags: ImportFlags): Promise<void> {
  const all = flags.digests ? [...names, `${flags.baseName ?? "import"}@${target.digest}`] : names;
  for (const name of all) await putImage(containerd, name, target);
  if (flags.noUnpack) return;
  for (const name of all) {
    write(`unpacking ${name} (${target.digest})...`);
    const { manifest } = await manifestFor(containerd, target, hostPlatform());
    await unpack(containerd, manifest, flags.snapshotter);
    write("done\n");
  }
}

interface ExportFlags extends PlatformFlags {
  readonly skipManifestJson?: true;
}

export const exportArchive = leaf<ExportFlags>({
  name: "export",
  summary: "export images",
  usage: "[flags] <out> <image> ...",
  options: [flag("--skip-manifest-json", "do not add Docker compatible manifest.json to archive"), ...PLATFORM_OPTIONS],
  async run({ flags, args: [path, ...names], containerd }) {
    if (!path || names.length === 0)
      throw new InvalidArgument("please provide both an output filename and an image reference to export");
    const images: { name: string; target: ReturnType<typeof targetOf> }[] = [];
    for (const name of names) images.push({ name, target: targetOf(await getImage(containerd, name)) });
    const options = { platforms: chosenPlatforms(flags), withDockerManifest: !flags.skipManifestJson };
    await writeTo(path, exportImages(containerd, images, options));
  },
});

async function writeTo(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  if (path === STREAM) {
    for await (const piece of pieces) write(piece);
    return;
  }
  const fd = openSync(path, "w");
  try {
    for await (const piece of pieces) for (let done = 0; done < piece.length; ) done += writeSync(fd, piece, done);
  } finally {
    closeSync(fd);
  }
}
