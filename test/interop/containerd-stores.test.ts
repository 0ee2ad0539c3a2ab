/** What our containerd keeps and collects, refuses and finds, against a genuine one that is asked the same. */
import { basename, join } from "node:path";
import {
  labelsOf,
  leaseLabels,
  type Picture,
  pictures,
  snapshotKey,
  whatStays,
} from "@eras/docker-2019/containerd/metadata/gc-picture.ts";
import { LEASE_KEY, NAMESPACE_KEY } from "@eras/docker-2019/proto/call.ts";
import { Containers } from "@eras/docker-2019/proto/gen/containers_pb.ts";
import { Content, WriteAction } from "@eras/docker-2019/proto/gen/content_pb.ts";
import { Events } from "@eras/docker-2019/proto/gen/events_pb.ts";
import { Images } from "@eras/docker-2019/proto/gen/images_pb.ts";
import { Introspection } from "@eras/docker-2019/proto/gen/introspection_pb.ts";
import { Leases } from "@eras/docker-2019/proto/gen/leases_pb.ts";
import { Namespaces } from "@eras/docker-2019/proto/gen/namespaces_pb.ts";
import { Snapshots } from "@eras/docker-2019/proto/gen/snapshots_pb.ts";
import { Tasks } from "@eras/docker-2019/proto/gen/tasks_pb.ts";
import { connectGrpc, grpcClient } from "@eras/docker-2019/proto/grpc/client.ts";
import { sha256 } from "@eras/oci-spec/digest.ts";
import { InvalidArgument, type KindError, NotFound } from "@eras/oci-spec/errdefs.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GenuineContainerd } from "../genuine/containerd.ts";
import { Containerd2019 } from "../harness/containerd-2019.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { missing } from "../harness/runtime-under-test.ts";

const SNAPSHOTTER = "native";
const SPEC = { typeUrl: "types.containerd.io/opencontainers/runtime-spec/1/Spec", value: Buffer.from("{}") };
const NUMBERS = [0, 1, 2, 3, 4, 5];

type Channel = ReturnType<typeof connectGrpc>;

describe("the stores of containerd", () => {
  const reason = missing("/usr/bin/containerd", "/usr/bin/ctr");
  if (reason) return void test.skip(reason);

  const places: Place[] = [];
  let ours: Channel;
  let genuine: Channel;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    places.push(newPlace(), newPlace());
    const [ourPlace, genuinePlace] = places as [Place, Place];
    const containerd = await Containerd2019.start(ourPlace.dir);
    const other = await GenuineContainerd.start(genuinePlace.dir);
    ours = connectGrpc(join(ourPlace.dir, "containerd.sock"));
    genuine = connectGrpc(join(genuinePlace.dir, "containerd.sock"));
    stop = async () => {
      ours.close();
      genuine.close();
      await containerd.stop();
      await other.stop();
    };
  }, 60_000);
  afterAll(async () => {
    await stop();
    for (const place of places) await removePlace(place);
  });

  test("keep and collect the same", async () => {
    for (const [i, picture] of fc.sample(pictures, 10).entries()) {
      const namespace = `picture-${i}`;
      const left = [];
      for (const channel of [ours, genuine]) {
        await draw(channel, namespace, picture);
        left.push(await whatIsLeft(channel, namespace));
      }
      expect(left[0], JSON.stringify(picture)).toEqual(left[1]);
      expect(left[0]).toEqual(whatStays(picture));
    }
  }, 300_000);

  test.each([
    "id=a",
    "id==",
    "id===a",
    "id==a b",
    "==a",
    "id,",
    "labels.",
    "a-b",
    'id=="a',
    "id==|a|",
    'id=="\\q"',
    'id=="\\x4"',
    'id=="\\777"',
    "id~=|a",
    ",",
    "id==a,,",
    "id == a , id",
  ])("complain of the same in the filter %j", async (filter) => {
    const complaints = await Promise.all([ours, genuine].map((channel) => idsOf(channel, "filters", [filter])));
    expect(complaints[0]).toBe(complaints[1]);
    expect(complaints[0]).toMatch(/^InvalidArgument: filters: parse error: /);
  });

  test("find the same by filters", async () => {
    const labels = ["", "a", "a,b", 'q"uote', "|", "a b", "é", "x/y"];
    for (const channel of [ours, genuine]) {
      const containers = grpcClient(Containers, channel, { [NAMESPACE_KEY]: "found" });
      for (const [i, label] of labels.entries())
        await containers.create({
          container: { id: `c${i}`, labels: { l: label, "d.o/t": "1" }, runtime: { name: "r" }, spec: SPEC },
        });
    }
    const values = [
      "a",
      '"a,b"',
      '"q\\"uote"',
      '"\\u00e9"',
      '"\\xc3\\xa9"',
      "é",
      "x/y",
      "|a|",
      "/^a/",
      "|^.$|",
      '"^a b$"',
      "[",
      '""',
      "^$",
    ];
    for (const field of ["id", "labels.l", 'labels."d.o/t"', "labels.d.o", "image", "runtime.name", "nothing"])
      for (const operator of ["==", "!=", "~=", ""])
        for (const value of operator === "" ? [""] : values) {
          const filters = [`${field}${operator}${value}`];
          const found = await Promise.all([ours, genuine].map((channel) => idsOf(channel, "found", filters)));
          expect(found[0], filters[0]).toEqual(found[1]);
        }
  }, 60_000);

  test("take no snapshot without a key, and no event that says nothing", async () => {
    for (const make of ["prepare", "view"] as const)
      await expect(snapshotsOf(ours)[make]({ snapshotter: SNAPSHOTTER, key: "" })).rejects.toThrow(InvalidArgument);
    await expect(grpcClient(Events, ours, IN_FOUND).publish({ topic: "/x" })).rejects.toThrow(InvalidArgument);
  });

  test("tell where they keep things", async () => {
    const filters = ["type==io.containerd.content.v1"];
    const told = await Promise.all(
      [ours, genuine].map((channel) => grpcClient(Introspection, channel).plugins({ filters })),
    );
    const directories = told.map(({ plugins: [plugin] }) => basename(plugin!.exports.root!));
    expect(directories).toEqual(["io.containerd.content.v1.content", "io.containerd.content.v1.content"]);
  });

  test.each<[string, (channel: Channel) => Promise<unknown>]>([
    [
      "a container without a runtime",
      (channel) => containersOf(channel).create({ container: { id: "x", spec: SPEC } }),
    ],
    [
      "a container without a spec",
      (channel) => containersOf(channel).create({ container: { id: "x", runtime: { name: "r" } } }),
    ],
    [
      "a container with a bad id",
      (channel) => containersOf(channel).create({ container: { id: "a/b", runtime: { name: "r" }, spec: SPEC } }),
    ],
    [
      "a snapshot without snapshotter",
      (channel) =>
        containersOf(channel).create({ container: { id: "x", runtime: { name: "r" }, spec: SPEC, snapshotKey: "k" } }),
    ],
    [
      "a label that is too long",
      (channel) =>
        containersOf(channel).create({
          container: { id: "x", runtime: { name: "r" }, spec: SPEC, labels: { abcdefghijklm: "x".repeat(5000) } },
        }),
    ],
    ["a container that is not there", (channel) => containersOf(channel).get({ id: "x" })],
    ["the deletion of a container that is not there", (channel) => containersOf(channel).delete({ id: "x" })],
    [
      "an image without a name",
      (channel) =>
        imagesOf(channel).create({ image: { name: "", target: { mediaType: "m", digest: sha256("x"), size: 1n } } }),
    ],
    [
      "an image without a media type",
      (channel) => imagesOf(channel).create({ image: { name: "x", target: { digest: sha256("x"), size: 1n } } }),
    ],
    [
      "an image without a size",
      (channel) => imagesOf(channel).create({ image: { name: "x", target: { mediaType: "m", digest: sha256("x") } } }),
    ],
    ["an image that is not there", (channel) => imagesOf(channel).get({ name: "x" })],
    ["content that is not there", (channel) => contentOf(channel).info({ digest: sha256("x") })],
    ["the end of an ingest that is not there", (channel) => contentOf(channel).abort({ ref: "x" })],
    ["a lease that is not there", (channel) => leasesOf(channel).delete({ id: "x" })],
    ["resources of a lease that is not there", (channel) => leasesOf(channel).listResources({ id: "x" })],
    ["a snapshot that is not there", (channel) => snapshotsOf(channel).stat({ snapshotter: SNAPSHOTTER, key: "x" })],
    [
      "a parent that is not there",
      (channel) => snapshotsOf(channel).prepare({ snapshotter: SNAPSHOTTER, key: "y", parent: "x" }),
    ],
    ["a snapshot of no snapshotter", (channel) => snapshotsOf(channel).stat({ key: "x" })],
    [
      "an image without a digest",
      (channel) =>
        imagesOf(channel).create({ image: { name: "x", target: { mediaType: "m", digest: "foo", size: 1n } } }),
    ],
    ["a task of a container that is not there", (channel) => tasksOf(channel).get({ containerId: "x" })],
    ["a process without a name", (channel) => tasksOf(channel).exec({ containerId: "x" })],
    ["a shim that is not there", (channel) => createTaskOf(channel, "/no/such/shim")],
    ["a shim that can't be one", (channel) => createTaskOf(channel, "shim")],
    [
      "a topic with an empty word",
      (channel) => grpcClient(Events, channel, IN_FOUND).publish({ topic: "/x//y", event: SPEC }),
    ],
    ["a namespace that is not there", (channel) => grpcClient(Namespaces, channel).delete({ name: "x" })],
    ["a namespace that is not empty", (channel) => grpcClient(Namespaces, channel).delete({ name: "found" })],
  ])("refuse in the same words: %s", async (_, call) => {
    const refusals = await Promise.all([ours, genuine].map((channel) => refusalOf(() => call(channel))));
    expect(refusals[0]).toBe(refusals[1]);
    expect(refusals[0]).toMatch(/^[A-Z]\w+: /);
  });
});

const IN_FOUND = { [NAMESPACE_KEY]: "found" };
const containersOf = (channel: Channel) => grpcClient(Containers, channel, IN_FOUND);
const imagesOf = (channel: Channel) => grpcClient(Images, channel, IN_FOUND);
const contentOf = (channel: Channel) => grpcClient(Content, channel, IN_FOUND);
const leasesOf = (channel: Channel) => grpcClient(Leases, channel, IN_FOUND);
const tasksOf = (channel: Channel) => grpcClient(Tasks, channel, IN_FOUND);
const snapshotsOf = (channel: Channel) => grpcClient(Snapshots, channel, IN_FOUND);

async function createTaskOf(channel: Channel, runtime: string): Promise<unknown> {
  const id = "unstarted";
  await containersOf(channel).create({ container: { id, runtime: { name: runtime }, spec: SPEC } });
  try {
    return await tasksOf(channel).create({ containerId: id });
  } finally {
    await containersOf(channel).delete({ id });
  }
}

/** Which containers a filter finds, or what is said against it. */
async function idsOf(channel: Channel, namespace: string, filters: string[]): Promise<string> {
  return refusalOf(async () => {
    const { containers } = await grpcClient(Containers, channel, { [NAMESPACE_KEY]: namespace }).list({ filters });
    return containers.map(({ id }) => id).join(" ");
  });
}

/** The name of the kind, which containerd puts behind the words, and every client takes away again. */
const KIND_SUFFIX = /(: (invalid argument|not found|already exists|failed precondition|unknown))+$/;

/** What a call returns, or how it is refused. */
async function refusalOf(call: () => Promise<unknown>): Promise<string> {
  try {
    return `${await call()}`;
  } catch (error) {
    const { kind, message } = error as KindError;
    return `${kind}: ${message.replace(KIND_SUFFIX, "")}`;
  }
}

const contentText = (i: number, namespace: string) => `content ${i} of ${namespace}`;

/** Makes a picture true in a namespace, all of it under one lease, which it then deletes to have the rest collected. */
async function draw(channel: Channel, namespace: string, picture: Picture): Promise<void> {
  const plain = { [NAMESPACE_KEY]: namespace };
  const leased = { ...plain, [LEASE_KEY]: "holder" };
  const digestOf = (i: number) => sha256(contentText(i, namespace));
  const labels = (marks: Picture["content"][number]) => labelsOf(marks, digestOf, SNAPSHOTTER);
  const leases = grpcClient(Leases, channel, plain);
  await leases.create({ id: "holder" });
  for (const [i, marks] of picture.content.entries())
    await writeContent(channel, leased, contentText(i, namespace), labels(marks));
  const snapshots = grpcClient(Snapshots, channel, leased);
  for (const [i, { parent, ...marks }] of picture.snapshots.entries()) {
    const below = parent === undefined ? "" : snapshotKey(parent);
    await snapshots.prepare({ snapshotter: SNAPSHOTTER, key: "making", parent: below });
    await snapshots.commit({ snapshotter: SNAPSHOTTER, key: "making", name: snapshotKey(i), labels: labels(marks) });
  }
  for (const [i, { target, ...marks }] of picture.images.entries()) {
    const image = {
      name: `${i}`,
      labels: labels(marks),
      target: { mediaType: "m/m", digest: digestOf(target), size: 1n },
    };
    await grpcClient(Images, channel, plain).create({ image });
  }
  for (const [i, { snapshot, ...marks }] of picture.containers.entries()) {
    const root = { snapshotter: SNAPSHOTTER, snapshotKey: snapshotKey(snapshot) };
    const container = { id: `${i}`, labels: labels(marks), runtime: { name: "r" }, spec: SPEC, ...root };
    await grpcClient(Containers, channel, plain).create({ container });
  }
  for (const [i, lease] of picture.leases.entries()) {
    await leases.create({ id: `${i}`, labels: leaseLabels(lease) });
    const resources = [
      ...lease.content.map((one) => ({ type: "content", id: digestOf(one) })),
      ...lease.snapshots.map((one) => ({ type: `snapshots/${SNAPSHOTTER}`, id: snapshotKey(one) })),
    ];
    for (const resource of resources) await leases.addResource({ id: `${i}`, resource }).catch(ignoreCollected);
  }
  await leases.delete({ id: "holder", sync: true });
}

/** A lease that was expired from the beginning may be gone already. */
function ignoreCollected(error: unknown): void {
  if (!(error instanceof NotFound)) throw error;
}

async function writeContent(
  channel: Channel,
  metadata: Record<string, string>,
  text: string,
  labels: Record<string, string>,
): Promise<void> {
  const { send, end, responses } = grpcClient(Content, channel, metadata).write();
  const data = Buffer.from(text);
  await send({
    action: WriteAction.COMMIT,
    ref: text,
    total: BigInt(data.length),
    expected: sha256(data),
    data,
    labels,
  });
  end();
  for await (const _ of responses);
}

/** What is there, in the words of `whatStays`. */
async function whatIsLeft(channel: Channel, namespace: string): Promise<Set<string>> {
  const metadata = { [NAMESPACE_KEY]: namespace };
  const left = new Set<string>();
  for await (const { info } of grpcClient(Content, channel, metadata).list({}))
    for (const { digest } of info)
      left.add(`content ${NUMBERS.find((i) => sha256(contentText(i, namespace)) === digest)}`);
  for await (const { info } of grpcClient(Snapshots, channel, metadata).list({ snapshotter: SNAPSHOTTER }))
    for (const { name } of info) left.add(`snapshot ${NUMBERS.find((i) => snapshotKey(i) === name)}`);
  for (const { id } of (await grpcClient(Leases, channel, metadata).list({})).leases) left.add(`lease ${id}`);
  return left;
}
