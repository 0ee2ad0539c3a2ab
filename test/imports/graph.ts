/**
 * Who may import whom. Shared packages know no era; programs of an era that talk over a wire share a contract, never code.
 *
 * An area is a package, or a program within an era. What is not listed may not be imported.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  linux: [],
  trace: [],
  // Knows a run by its events and by the words that an era gives: no era.
  viewer: ["trace"],
  launch: [],
  "oci-spec": [],
  cgroups: ["linux", "oci-spec"],
  layers: ["linux"],
  "registry-client": ["linux", "oci-spec"],
  // What the programs of 2013 share: the wire, the steps, names of things on the host.
  "docker-2013": ["linux", "trace"],
  "docker-2013/rcli": ["docker-2013", "linux", "trace"],
  "docker-2013/aufs": ["docker-2013", "linux", "trace"],
  "docker-2013/docker": ["docker-2013", "docker-2013/rcli", "linux", "trace"],
  "docker-2013/dockerd": ["docker-2013", "docker-2013/rcli", "docker-2013/aufs", "linux", "cgroups", "layers", "trace"],
  "docker-2013/lxc-start": ["docker-2013", "launch", "linux", "cgroups", "trace"],
  // What the programs of 2019 share: the steps, mounts, durations.
  "docker-2019": ["linux", "oci-spec", "trace"],
  "docker-2019/runc": ["docker-2019", "docker-2019/traced-command", "linux", "cgroups", "oci-spec", "trace"],
  // What the programs of 2019 say to each other: messages, gRPC, ttrpc.
  "docker-2019/proto": ["docker-2019", "linux", "oci-spec", "trace"],
  "docker-2019/containerd": ["docker-2019", "docker-2019/proto", "linux", "cgroups", "oci-spec", "layers", "trace"],
  "docker-2019/shim": ["docker-2019", "docker-2019/proto", "linux", "cgroups", "oci-spec", "trace"],
  "docker-2019/ctr": [
    "docker-2019",
    "docker-2019/traced-command",
    "docker-2019/proto",
    "registry-client",
    "oci-spec",
    "layers",
    "linux",
    "trace",
  ],
  // `--trace`: a page of a run shows what the bytes of messages say.
  "docker-2019/traced-command": ["docker-2019", "docker-2019/proto", "linux", "trace", "viewer"],
  // What docker and dockerd say to each other: the types of the HTTP API.
  "docker-2019/engine-api": [],
  // layers: `docker cp` packs and unpacks on the host itself, and unpacks what a container may have made to deceive it.
  "docker-2019/docker": [
    "docker-2019",
    "docker-2019/traced-command",
    "docker-2019/engine-api",
    "layers",
    "oci-spec",
    "linux",
    "trace",
  ],
  "docker-2019/dockerd": [
    "docker-2019",
    "docker-2019/engine-api",
    "docker-2019/proto",
    "registry-client",
    "layers",
    "linux",
    "cgroups",
    "oci-spec",
    "trace",
  ],
  "docker-2019/docker-proxy": ["docker-2019", "linux", "trace"],
  era: ["docker-2013", "docker-2013/rcli", "linux", "cgroups", "layers", "trace", "viewer"],
  // The book reads steps and traces, and runs its commands as the suite runs programs; nothing reads the book.
  tutorials: [
    "docker-2013",
    "docker-2013/rcli",
    "docker-2019",
    "docker-2019/proto",
    "trace",
    "linux",
    "cgroups",
    "viewer",
    "test",
  ],
};

const CLONE = resolve(import.meta.dirname, "../..");
const IMPORT = /(?:^|\n)(?:import|export)\b[^"';]*?\bfrom\s+"([^"]+)"|\bimport\("([^"]+)"\)/g;

/** The forbidden imports of the sources as they stand, each as `file: from → to`. Tests may import what they test with. */
export function forbiddenImports(): string[] {
  return sources().flatMap((file) => {
    const from = areaOf(file);
    return importsOf(file)
      .map(areaOf)
      .filter((to) => to !== from && !MAY_IMPORT[from]?.includes(to))
      .map((to) => `${file}: ${from} → ${to}`);
  });
}

/** The graph as text, for a person who is told that an import breaks it. */
export function drawGraph(): string {
  return Object.entries(MAY_IMPORT)
    .map(([from, to]) => `${from.padEnd(24)} ─▶ ${to.join("  ") || "nothing of ours"}`)
    .join("\n");
}

/** Sources of packages/ and tutorials/, relative to the clone. */
function sources(): string[] {
  return ["packages", "tutorials"]
    .flatMap((root) =>
      readdirSync(join(CLONE, root), { recursive: true, encoding: "utf8" }).map((file) => `${root}/${file}`),
    )
    .filter(
      (file) =>
        file.endsWith(".ts") &&
        !file.endsWith(".test.ts") &&
        !file.includes("node_modules") &&
        !file.includes("/testsuite/"),
    );
}

/** Files of ours that `file` imports, relative to the clone. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(CLONE, file), "utf8");
  return [...text.matchAll(IMPORT)]
    .map((match) => (match[1] ?? match[2])!)
    .filter((name) => name.startsWith(".") || name.startsWith("@eras/"))
    .map((name) =>
      name.startsWith(".")
        ? relative(CLONE, resolve(CLONE, dirname(file), name))
        : name.replace(/^@eras\/(?!tutorials\/)/, "packages/").replace(/^@eras\//, ""),
    );
}

function areaOf(file: string): string {
  const [root, packageName, folder] = file.split("/");
  if (root !== "packages") return root!;
  const program = `${packageName}/${folder}`;
  return program in MAY_IMPORT ? program : packageName!;
}
