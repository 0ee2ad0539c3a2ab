/** Our gRPC, both sides of it, against genuine ones in Go: `ctr` and containerd. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { unpackAny } from "@eras/docker-2019/proto/any.ts";
import { LEASE_KEY, NAMESPACE_KEY, namespaceOf } from "@eras/docker-2019/proto/call.ts";
import { Containers } from "@eras/docker-2019/proto/gen/containers_pb.ts";
import { Content, WriteAction, type WriteContentRequest } from "@eras/docker-2019/proto/gen/content_pb.ts";
import { NamespaceCreateSchema } from "@eras/docker-2019/proto/gen/event-messages_pb.ts";
import { Events } from "@eras/docker-2019/proto/gen/events_pb.ts";
import { Health, HealthCheckResponse_ServingStatus } from "@eras/docker-2019/proto/gen/health_pb.ts";
import { Introspection } from "@eras/docker-2019/proto/gen/introspection_pb.ts";
import { Leases } from "@eras/docker-2019/proto/gen/leases_pb.ts";
import { Namespaces } from "@eras/docker-2019/proto/gen/namespaces_pb.ts";
import { Version } from "@eras/docker-2019/proto/gen/version_pb.ts";
import { connectGrpc, grpcClient } from "@eras/docker-2019/proto/grpc/client.ts";
import { grpcServer, type Implementation, implement, listen } from "@eras/docker-2019/proto/grpc/server.ts";
import { timestampOf } from "@eras/docker-2019/proto/timestamps.ts";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GenuineContainerd } from "../genuine/containerd.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { runProgram } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";

const sha256 = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

describe("gRPC, with a genuine ctr,", () => {
  const reason = missing("/usr/bin/ctr");
  if (reason) return void test.skip(reason);

  let place: Place;
  let stop: () => void;
  beforeEach(() => {
    place = newPlace();
  });
  afterEach(async () => {
    stop();
    await removePlace(place);
  });

  async function serve(...implementations: Implementation[]): Promise<void> {
    stop = await listen(grpcServer(implementations), join(place.dir, "s"));
  }
  const ctr = (args: readonly string[], input?: Buffer) =>
    runProgram("ctr", ["--address", join(place.dir, "s"), ...args], { input });

  test("a response arrives", async () => {
    await serve(
      implement(Version, { version: () => ({ version: "1.2.6", revision: "894b81a4" }) }),
      implement(Introspection, { server: () => ({ uuid: "5d9e3c5e" }) }),
    );
    const { stdout, stderr } = await ctr(["version"]);
    expect(stderr).toBe("WARNING: version mismatch\nWARNING: revision mismatch\n");
    expect(stdout.split("Server:")[1]).toMatch(/Version: {2}1\.2\.6\n {2}Revision: 894b81a4\n {2}UUID: 5d9e3c5e/);
  });

  test("an error arrives with its class, and metadata come with the request", async () => {
    const get = implement(Containers, {
      get: ({ id }, call) => {
        throw new NotFound(`container "${id}" in namespace "${namespaceOf(call)}", ü 100%`);
      },
    });
    await serve(get);
    const { stderr, status } = await ctr(["--namespace", "moby", "containers", "info", "web"]);
    expect({ stderr, status }).toEqual({
      stderr: 'ctr: container "web" in namespace "moby", ü 100%: not found\n',
      status: 1,
    });
  });

  test("what is not implemented is refused as ctr expects it", async () => {
    await serve(
      implement(Containers, {
        list: () => ({ containers: [{ id: "web", image: "busybox", runtime: { name: "r" } }] }),
      }),
    );
    expect((await ctr(["containers", "ls"])).stdout).toMatch(/web +busybox +r/); // it has tried ListStream first
  });

  test("streams of responses arrive", async () => {
    const envelopes = implement(Events, {
      subscribe: async function* ({ filters }) {
        yield { timestamp: timestampOf(new Date(0)), namespace: "moby", topic: filters[0]! };
      },
    });
    await serve(envelopes);
    expect((await ctr(["events", "topic==/tasks/exit"])).stdout).toContain(" moby topic==/tasks/exit");
  });

  test("streams of requests arrive, and are answered one by one", async () => {
    const blob = Buffer.from("content of a blob\n".repeat(100_000)); // more than one message takes
    const requests: WriteContentRequest[] = [];
    const write = implement(Content, {
      write: async function* (stream) {
        let offset = 0n;
        for await (const request of stream) {
          requests.push(request);
          offset += BigInt(request.data.length);
          yield {
            action: request.action,
            offset,
            digest: sha256(blob),
            total: BigInt(blob.length),
            startedAt: timestampOf(new Date()),
          };
        }
      },
    });
    await serve(write);
    const args = [
      "content",
      "ingest",
      "--expected-size",
      String(blob.length),
      "--expected-digest",
      sha256(blob),
      "ref",
    ];
    expect(await ctr(args, blob)).toEqual({ stdout: "", stderr: "", status: 0 });
    expect(Buffer.concat(requests.map(({ data }) => data))).toEqual(blob);
    expect(requests[0]).toMatchObject({ action: WriteAction.STAT, ref: "ref" });
    expect(requests.at(-1)).toMatchObject({ action: WriteAction.COMMIT, expected: sha256(blob) });
  });
});

describe("gRPC, with a genuine containerd,", () => {
  const reason = missing("/usr/bin/containerd", "/usr/bin/ctr");
  if (reason) return void test.skip(reason);

  let place: Place;
  let containerd: GenuineContainerd;
  let channel: ReturnType<typeof connectGrpc>;
  beforeEach(async () => {
    place = newPlace();
    containerd = await GenuineContainerd.start(place.dir);
    channel = connectGrpc(join(place.dir, "containerd.sock"));
  });
  afterEach(async () => {
    channel.close();
    await containerd.stop();
    await removePlace(place);
  });

  test("calls and responses", async () => {
    expect((await grpcClient(Version, channel).version({})).version).toMatch(/^v?1\./);
    expect((await grpcClient(Health, channel).check({})).status).toBe(HealthCheckResponse_ServingStatus.SERVING);
    const { plugins } = await grpcClient(Introspection, channel).plugins({
      filters: ["type==io.containerd.content.v1"],
    });
    expect(plugins.map(({ id }) => id)).toEqual(["content"]);
  });

  test("errors have kinds", async () => {
    const containers = grpcClient(Containers, channel, { [NAMESPACE_KEY]: "default" });
    await expect(containers.get({ id: "web" })).rejects.toMatchObject({
      kind: "NotFound",
      message: 'container "web" in namespace "default": not found',
    });
    await expect(grpcClient(Containers, channel).list({})).rejects.toMatchObject({ kind: "FailedPrecondition" });
  });

  test.each(["", "a/b", "a--b", "-a", "a.b_c-d", "x".repeat(77)])(
    "names are held to the same rules: %j",
    async (name) => {
      const genuine = await grpcClient(Containers, channel, { [NAMESPACE_KEY]: name })
        .get({ id: "web" })
        .catch(({ kind, message }) => ({ kind, message }));
      const call = { metadata: new Map([[NAMESPACE_KEY, name]]), signal: new AbortController().signal };
      let ours: unknown = { kind: "NotFound", message: `container "web" in namespace "${name}": not found` };
      try {
        namespaceOf(call);
      } catch (error) {
        const { kind, message } = error as NotFound;
        ours = { kind, message };
      }
      expect(ours).toEqual(genuine);
    },
  );

  test("streams in both directions", async () => {
    const content = grpcClient(Content, channel, { [NAMESPACE_KEY]: "default" });
    const blob = Buffer.alloc(3 << 20, "blob");
    const { lease } = await grpcClient(Leases, channel, { [NAMESPACE_KEY]: "default" }).create({ id: "l1" });
    const { send, end, responses } = content.write({ metadata: { [LEASE_KEY]: lease!.id } });
    await send({ action: WriteAction.STAT, ref: "r", total: BigInt(blob.length) });
    await responses.next();
    await send({ action: WriteAction.WRITE, ref: "r", data: blob });
    expect((await responses.next()).value).toMatchObject({ offset: BigInt(blob.length) });
    await send({
      action: WriteAction.COMMIT,
      ref: "r",
      offset: BigInt(blob.length),
      expected: sha256(blob),
      labels: { a: "b" },
    });
    expect((await responses.next()).value).toMatchObject({ action: WriteAction.COMMIT, digest: sha256(blob) });
    end();

    const pieces: Uint8Array[] = [];
    for await (const { data } of content.read({ digest: sha256(blob) })) pieces.push(data);
    expect(Buffer.concat(pieces).equals(blob)).toBe(true);
    for await (const { info } of content.list({}))
      expect(info).toMatchObject([{ digest: sha256(blob), labels: { a: "b" } }]);
  });

  test("events, until enough of them", async () => {
    const namespaces = grpcClient(Namespaces, channel, { [NAMESPACE_KEY]: "default" });
    let enough = false;
    const make = async () => {
      for (let i = 0; !enough; i++) {
        await namespaces.create({ namespace: { name: `n${i}`, labels: { a: "b" } } });
        await sleep(50); // it is not told when the subscription holds, so there is always one more
      }
    };
    const making = make();
    for await (const { topic, event } of grpcClient(Events, channel).subscribe({
      filters: ['topic=="/namespaces/create"'],
    })) {
      expect(topic).toBe("/namespaces/create");
      expect(unpackAny(NamespaceCreateSchema, event!)).toMatchObject({
        name: expect.stringMatching(/^n\d/),
        labels: { a: "b" },
      });
      break;
    }
    enough = true;
    await making;
  });
});
