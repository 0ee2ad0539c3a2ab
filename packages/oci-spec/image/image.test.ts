import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { sha256 } from "../digest.ts";
import { InvalidArgument } from "../errdefs.ts";
import { InvalidDocument } from "../findings.ts";
import { parsePlatform } from "../platform.ts";
import { parseImageConfig, validateImageConfig } from "./config.ts";
import type { Descriptor } from "./descriptor.ts";
import { chooseManifest, findManifest, parseIndex } from "./image-index.ts";
import {
  blobPath,
  IMAGE_LAYOUT,
  INDEX_FILE,
  LAYOUT_FILE,
  parseImageLayout,
  REF_NAME,
  refName,
} from "./image-layout.ts";
import { parseManifest } from "./manifest.ts";
import * as types from "./media-types.ts";

/** The smallest image: an empty tar, its config, its manifest, and an index of them. */
const TAR = Buffer.alloc(1024);
const LAYER = gzipSync(TAR);
const CONFIG = JSON.stringify({
  architecture: "amd64",
  os: "linux",
  config: { Cmd: ["sh"], Env: ["A=b"], Labels: { a: "b" } },
  rootfs: { type: "layers", diff_ids: [sha256(TAR)] },
  history: [{ created_by: "ADD" }, { created_by: "CMD", empty_layer: true }],
});
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: types.OCI_MANIFEST,
  config: descriptor(types.OCI_CONFIG, CONFIG),
  layers: [descriptor(types.OCI_LAYER_GZIP, LAYER)],
});
const INDEX = JSON.stringify({
  schemaVersion: 2,
  mediaType: types.OCI_INDEX,
  manifests: [
    {
      ...descriptor(types.OCI_MANIFEST, MANIFEST),
      platform: parsePlatform("linux/amd64"),
      annotations: { [REF_NAME]: "1" },
    },
  ],
});

function descriptor(mediaType: string, content: string | Buffer): Descriptor {
  return { mediaType, digest: sha256(content), size: Buffer.byteLength(content) };
}

/** A document with changed members. */
function changed(json: string, members: object): string {
  return JSON.stringify({ ...JSON.parse(json), ...members });
}

describe("parseManifest()", () => {
  test("reads a manifest", () => expect(parseManifest(Buffer.from(MANIFEST))).toEqual(JSON.parse(MANIFEST)));
  test("reads Docker's", () =>
    expect(parseManifest(changed(MANIFEST, { mediaType: types.DOCKER_MANIFEST })).mediaType).toBe(
      types.DOCKER_MANIFEST,
    ));
  test.each([
    [{ schemaVersion: 1 }, "schemaVersion: 1 is not schema version 2"],
    [{ config: undefined }, "config: missing"],
    [
      { layers: [{ ...descriptor(types.OCI_LAYER, TAR), digest: "sha256:x" }] },
      'layers[0].digest: "sha256:x" is not a digest',
    ],
    [{ layers: [{ ...descriptor(types.OCI_LAYER, TAR), size: -1 }] }, "layers[0].size: -1 is less than 0"],
    [{ layers: [{ ...descriptor("tar", TAR) }] }, 'layers[0].mediaType: "tar" is not a media type'],
    [{ mediaType: types.OCI_INDEX }, `mediaType: "${types.OCI_INDEX}" is not the type of a manifest`],
    [{ manifests: [] }, "manifests: a manifest has none: what else is this?"],
    [{ fsLayers: [] }, "fsLayers: a manifest has none: what else is this?"],
  ])("refuses %j", (members, problem) =>
    expect(() => parseManifest(changed(MANIFEST, members))).toThrow(`Invalid manifest: ${problem}`),
  );
});

describe("parseIndex()", () => {
  test("reads an index", () => expect(parseIndex(INDEX)).toEqual(JSON.parse(INDEX)));
  test.each([
    [{ layers: [] }, "layers: an index has none: what else is this?"],
    [{ mediaType: types.DOCKER_MANIFEST }, `mediaType: "${types.DOCKER_MANIFEST}" is not the type of an index`],
    [
      { manifests: [{ ...descriptor(types.OCI_MANIFEST, MANIFEST), platform: { os: "linux" } }] },
      "manifests[0].platform.architecture: missing",
    ],
  ])("refuses %j", (members, problem) =>
    expect(() => parseIndex(changed(INDEX, members))).toThrow(`Invalid index: ${problem}`),
  );
});

describe("chooseManifest()", () => {
  const offer = (platform: string, n = platform) => ({
    ...descriptor(types.OCI_MANIFEST, n),
    platform: parsePlatform(platform),
  });
  const index = (...manifests: Descriptor[]) => ({ schemaVersion: 2 as const, manifests });

  test("takes the machine's own", () => {
    const [amd64, arm64] = [offer("linux/amd64"), offer("linux/arm64/v8")];
    expect(chooseManifest(index(amd64, arm64), parsePlatform("linux/aarch64"))).toBe(arm64);
  });
  test("takes the best that the machine runs", () => {
    const [v5, v6] = [offer("linux/arm/v5"), offer("linux/arm/v6")];
    expect(chooseManifest(index(v5, v6), parsePlatform("linux/arm/v7"))).toBe(v6);
  });
  test("takes none where none runs", () =>
    expect(chooseManifest(index(offer("windows/amd64")), parsePlatform("linux/amd64"))).toBeUndefined());
  test("passes over what is no manifest", () => {
    const other = { ...offer("linux/amd64"), mediaType: types.OCI_INDEX };
    expect(chooseManifest(index(other), parsePlatform("linux/amd64"))).toBeUndefined();
  });
  test("finds one that doesn't say what it is for, only by findManifest(), and only where no other is", () => {
    const [unmarked, amd64] = [descriptor(types.OCI_MANIFEST, "unmarked"), offer("linux/amd64")];
    const machine = parsePlatform("linux/amd64");
    expect(chooseManifest(index(unmarked), machine)).toBeUndefined();
    expect(findManifest(index(unmarked), machine)).toBe(unmarked);
    expect(findManifest(index(unmarked, amd64), machine)).toBe(amd64);
  });
});

describe("parseImageConfig()", () => {
  test("reads a config", () => expect(parseImageConfig(CONFIG)).toEqual(JSON.parse(CONFIG)));
  test("takes what Docker leaves null for absent, and keeps what is Docker's own", () => {
    const config = parseImageConfig(
      changed(CONFIG, { config: { Cmd: ["sh"], Volumes: null, OnBuild: null }, docker_version: "19" }),
    );
    expect(config).toMatchObject({ config: { Cmd: ["sh"] }, docker_version: "19" });
    expect(Object.keys(config.config ?? {})).toEqual(["Cmd"]);
  });
  test("warns where the history tells another story", () =>
    expect(validateImageConfig(JSON.parse(changed(CONFIG, { history: [{}, {}] }))).warnings).toEqual([
      "history: tells of 2 layers, and there are 1",
    ]));
  test.each([
    [{ os: "" }, "os: empty"],
    [{ rootfs: { type: "x", diff_ids: [] } }, 'rootfs.type: "x" is not a kind of root filesystem'],
    [{ rootfs: { type: "layers", diff_ids: ["x"] } }, 'rootfs.diff_ids[0]: "x" is not a digest'],
    [{ config: { Cmd: "sh" } }, 'config.Cmd: "sh" is not a list'],
    [{ config: { ExposedPorts: ["80"] } }, "config.ExposedPorts: a list is not an object"],
  ])("refuses %j", (members, problem) =>
    expect(() => parseImageConfig(changed(CONFIG, members))).toThrow(`Invalid image config: ${problem}`),
  );
});

describe("any of the parsers", () => {
  const parsers = [parseManifest, parseIndex, parseImageConfig, parseImageLayout];
  const documents = fc.oneof(fc.json(), fc.string(), fc.constantFrom(MANIFEST, INDEX, CONFIG));
  test("reads, or throws an InvalidArgument", () => {
    fc.assert(
      fc.property(fc.constantFrom(...parsers), documents, (parse, json) => {
        try {
          expect(parse(json)).toEqual(JSON.parse(json));
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgument);
        }
      }),
    );
  });
  test("refuses bytes that are not UTF-8, and documents that are too long", () => {
    expect(() => parseManifest(Buffer.from([0x22, 0xff, 0x22]))).toThrow("Cannot parse manifest: ");
    expect(() => parseManifest(" ".repeat(5 << 20))).toThrow("Cannot parse manifest: it is longer than 4194304 bytes");
  });
});

describe("media types", () => {
  test.each([
    [types.OCI_LAYER, "none"],
    [types.OCI_LAYER_GZIP, "gzip"],
    [types.OCI_LAYER_ZSTD, "zstd"],
    [types.DOCKER_LAYER, "none"],
    [types.DOCKER_LAYER_GZIP, "gzip"],
    ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "gzip"],
    [types.OCI_CONFIG, undefined],
    ["application/gzip", undefined],
  ])("layerCompression() of %s is %s", (mediaType, compression) =>
    expect(types.layerCompression(mediaType)).toBe(compression),
  );

  test("isForeignLayer() tells those that registries don't have", () => {
    expect(types.isForeignLayer("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")).toBe(true);
    expect(types.isForeignLayer("application/vnd.oci.image.layer.nondistributable.v1.tar")).toBe(true);
    expect(types.isForeignLayer(types.OCI_LAYER_GZIP)).toBe(false);
  });
});

describe("blobPath()", () => {
  test("names a file by its digest", () =>
    expect(blobPath("/d", sha256(""))).toBe(`/d/blobs/sha256/${sha256("").slice(7)}`));
  test("does not lead elsewhere", () =>
    expect(() => blobPath("/d", "sha256:../../x")).toThrow("invalid checksum digest format"));
});

/** Writes the image as a layout. */
function writeLayout(): string {
  const dir = temporaryDirectory();
  for (const blob of [LAYER, CONFIG, MANIFEST]) {
    const path = blobPath(dir, sha256(blob));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, blob);
  }
  writeFileSync(join(dir, LAYOUT_FILE), JSON.stringify(IMAGE_LAYOUT));
  writeFileSync(join(dir, INDEX_FILE), INDEX);
  return dir;
}

function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), "oci-image-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

function skopeo(...args: string[]): string {
  return execFileSync("skopeo", ["--insecure-policy", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function hasSkopeo(): boolean {
  try {
    return skopeo("--version").startsWith("skopeo");
  } catch {
    return false;
  }
}

describe.skipIf(!hasSkopeo())("compared with skopeo (skipped where it isn't installed)", () => {
  test("it reads a layout of ours, and names it as we do", () => {
    const dir = writeLayout();
    expect(JSON.parse(skopeo("inspect", `oci:${dir}:1`))).toMatchObject({
      Digest: sha256(MANIFEST),
      Layers: [sha256(LAYER)],
      Architecture: "amd64",
      Labels: { a: "b" },
    });
    expect(skopeo("manifest-digest", blobPath(dir, sha256(MANIFEST))).trim()).toBe(sha256(MANIFEST));
  });

  test("we read what it makes of it, as Docker's image and as a layout", () => {
    const [ours, docker, layout] = [writeLayout(), temporaryDirectory(), temporaryDirectory()];
    skopeo("copy", "--format", "v2s2", `oci:${ours}:1`, `dir:${docker}`);
    const manifest = parseManifest(readFileSync(join(docker, "manifest.json")));
    expect(manifest).toMatchObject({
      mediaType: types.DOCKER_MANIFEST,
      layers: [{ mediaType: types.DOCKER_LAYER_GZIP }],
    });
    expect(parseImageConfig(readFileSync(join(docker, manifest.config.digest.slice(7)))).config?.Cmd).toEqual(["sh"]);

    skopeo("copy", `dir:${docker}`, `oci:${layout}:2`);
    parseImageLayout(readFileSync(join(layout, LAYOUT_FILE)));
    const [entry] = parseIndex(readFileSync(join(layout, INDEX_FILE))).manifests;
    expect(entry && refName(entry)).toBe("2");
    const copied = parseManifest(readFileSync(blobPath(layout, entry!.digest)));
    expect(readdirSync(join(layout, "blobs/sha256"))).toContain(copied.layers[0]?.digest.slice(7));
  });

  test("it refuses another version of the layout, as we do", () => {
    const dir = writeLayout();
    writeFileSync(join(dir, LAYOUT_FILE), '{"imageLayoutVersion": 2}');
    expect(() => parseImageLayout(readFileSync(join(dir, LAYOUT_FILE)))).toThrow(InvalidDocument);
  });
});
