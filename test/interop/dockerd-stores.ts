/** The stores of dockerd's images on the disk, ours or a genuine one's, and what their owners say of them. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { openGraphDriver } from "@eras/docker-2019/dockerd/graphdriver/open.ts";
import { type Images, openImages } from "@eras/docker-2019/dockerd/image/images.ts";
import { collect } from "@eras/layers/archive-fixtures.ts";
import type { GenuineDocker } from "../genuine/docker.ts";

export async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

export async function openOurs(dataRoot: string): Promise<Images> {
  return await openImages(dataRoot, openGraphDriver(dataRoot, "overlay2"));
}

/** All files of a store with what they say, but for what is made up anew each time. */
export function filesOf(dataRoot: string): Record<string, string> {
  const root = join(dataRoot, "image/overlay2");
  const paths = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const contents = paths.map(({ parentPath, name }) => {
    const path = join(parentPath, name);
    const bytes = readFileSync(path);
    const text = name.endsWith(".gz") ? gunzipSync(bytes).toString() : bytes.toString();
    return [path.slice(root.length), name === "cache-id" ? "made up" : text] as const;
  });
  return Object.fromEntries(contents.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The trees of a store. Directories have sizes and whiteouts times that come from the load itself. */
export function treesOf(dataRoot: string): string[] {
  const layerdb = join(dataRoot, "image/overlay2/layerdb/sha256");
  const facts = "%P %y %m %U:%G";
  const print = [
    "(",
    "-type",
    "d",
    "-o",
    "-type",
    "c",
    ")",
    "-printf",
    `${facts}\n`,
    "-o",
    "-printf",
    `${facts} %s %l %T@\n`,
  ];
  return readdirSync(layerdb)
    .sort()
    .flatMap((chain) => {
      const diff = join(dataRoot, "overlay2", readFileSync(join(layerdb, chain, "cache-id"), "utf8"), "diff");
      return [
        chain,
        ...execFileSync("find", [diff, ...print], { encoding: "utf8" })
          .split("\n")
          .sort(),
      ];
    });
}

/** What a genuine dockerd answers: a JSON document, or several. */
export function genuineApi(genuine: GenuineDocker, path: string, method = "GET"): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const socketPath = genuine.env.DOCKER_HOST!.slice("unix://".length);
    request({ socketPath, path, method, headers: { host: "docker" } }, async (answer) => {
      resolve(JSON.parse(`[${(await collect(answer)).toString().trim().replaceAll("}\r\n{", "},{")}]`));
    })
      .on("error", reject)
      .end();
  });
}
