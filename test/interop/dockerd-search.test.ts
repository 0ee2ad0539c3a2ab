/** `docker search` of ours and of genuine dockerd, at the same index. */
import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type { Filters } from "@eras/docker-2019/dockerd/image/filters.ts";
import { searchImages } from "@eras/docker-2019/dockerd/image/search.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GenuineDocker } from "../genuine/docker.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { genuineApi } from "./dockerd-stores.ts";

/** Genuine registries have had no index since 2015: this one knows three images, whatever it is asked for. */
const RESULTS = [
  { name: "web", description: "a <server>", star_count: 10, is_official: true, is_automated: false },
  { name: "team/web", description: "", star_count: 3, is_official: false, is_automated: true },
  { name: "other/web", description: "ü", star_count: 0, is_official: false, is_automated: false },
];

let place: Place;
let genuine: GenuineDocker;
let index: Server;
let domain: string;
const asked: string[] = [];

beforeAll(async () => {
  place = newPlace();
  mkdirSync(join(place.dir, "genuine"));
  genuine = await GenuineDocker.start(join(place.dir, "genuine"), {
    flags: ["--cgroup-parent", `/${place.cgroupParent}`],
  });
  index = createServer(({ url = "" }, answer) => {
    const isSearch = url.startsWith("/v1/search?");
    if (isSearch) asked.push(url);
    if (url.includes("q=broken")) answer.writeHead(503).end();
    else answer.end(isSearch ? JSON.stringify({ num_results: RESULTS.length, results: RESULTS }) : "{}");
  });
  await new Promise<void>((resolve) => index.listen(0, "127.0.0.1", resolve));
  domain = `127.0.0.1:${(index.address() as { port: number }).port}`;
});

afterAll(async () => {
  await genuine.stop();
  await new Promise((resolve) => index.close(resolve).closeAllConnections());
  await removePlace(place);
});

test.for<[string, Filters, number]>([
  ["web", {}, 25],
  ["team/web", {}, 2],
  ["web", { "is-official": ["true"] }, 25],
  ["web", { "is-official": ["false"], stars: ["1"] }, 25],
  ["web", { "is-automated": ["true"] }, 25],
  ["web", { stars: ["many"] }, 25],
  ["web", { "is-official": ["maybe"] }, 25],
  ["web", { x: ["y"] }, 25],
  ["web", {}, 0],
  ["web", {}, 101],
  ["broken", {}, 25],
])("a search for %s with %j, at most %i, asks and answers as the genuine one", async ([term, filters, limit]) => {
  asked.length = 0;
  const query = new URLSearchParams({ term: `${domain}/${term}`, limit: `${limit}`, filters: JSON.stringify(filters) });
  const [theirs] = await genuineApi(genuine, `/images/search?${query}`);
  const ours = await searchImages(`${domain}/${term}`, filters, { limit }).catch(({ message }: Error) => ({ message }));
  expect(ours).toEqual(theirs);
  expect(asked[1]).toBe(asked[0]);
});
