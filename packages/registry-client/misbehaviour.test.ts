/** A registry that lies, stalls, drops the line, or asks for patience. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { FailedPrecondition, NotImplemented, Unavailable } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { parseReference } from "@eras/oci-spec/reference.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RegistryClient } from "./client.ts";
import { MemoryStore } from "./image-fixtures.ts";
import { listTags } from "./manifests.ts";
import { MisbehavingRegistry, type Misbehaviour } from "./misbehaving-registry.ts";
import { pull } from "./pull.ts";
import { TryAgain } from "./registry-error.ts";

const LAYER_BYTES = 100_000;
const store = new MemoryStore();
const target = store.addImage([LAYER_BYTES]);
const layer = (JSON.parse(store.blobs.get(target.digest)!.toString()) as { layers: Descriptor[] }).layers[0]!;
const bytes = store.blobs.get(layer.digest)!;
const platforms = [{ os: "linux", architecture: "amd64" }];

let registry: MisbehavingRegistry;
beforeAll(async () => {
  registry = await MisbehavingRegistry.start(store, target);
});
afterAll(() => registry.stop());

const QUICK = { tries: 3, firstDelayMs: 1, maxDelayMs: 5000 };

async function pulled(misbehave: Misbehaviour, sink = new MemoryStore(), signal?: AbortSignal): Promise<MemoryStore> {
  registry.does(misbehave);
  const client = new RegistryClient({ retry: QUICK, silenceMs: 300, ...(signal && { signal }) });
  await pull(client, parseReference(`${registry.domain}/web:1`), sink, { platforms });
  return sink;
}

/** Misbehaves towards a GET of the layer, and only the first `times`. */
function withLayer(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
  times = Infinity,
): Misbehaviour {
  let left = times;
  return (request, response) => {
    if (request.method !== "GET" || !request.url!.endsWith(layer.digest) || left-- <= 0) return false;
    answer(response, request);
    return true;
  };
}

/** Sends a part of what it announces, and hangs up. */
const dropAfter = (count: number) => (response: ServerResponse, request: IncomingMessage) => {
  const from = Number(/\d+/.exec(request.headers.range ?? "")?.[0] ?? 0);
  const range = from > 0 && { "content-range": `bytes ${from}-${LAYER_BYTES - 1}/${LAYER_BYTES}` };
  response.writeHead(range ? 206 : 200, { "content-length": LAYER_BYTES - from, ...range });
  response.write(bytes.subarray(from, from + count), () => setTimeout(() => response.destroy(), 20));
};

describe("a registry that drops the line", () => {
  test("is asked for the rest, as long as something comes", async () => {
    const sink = await pulled(withLayer(dropAfter(15_000), 5));
    expect(sink.blobs.get(layer.digest)).toEqual(bytes);
    expect(registry.asked.at(-1)).toBe(`GET blobs/${layer.digest} bytes=75000-`);
  });

  test("is given up when nothing comes, and what has come is kept for the next time", async () => {
    const sink = new MemoryStore();
    let dropped = false;
    const once = withLayer((response, request) => {
      if (dropped) return void response.destroy();
      dropped = true;
      dropAfter(40_000)(response, request);
    });
    await expect(pulled(once, sink)).rejects.toThrow(Unavailable);
    expect(registry.asked.filter((line) => line.includes(layer.digest))).toHaveLength(3);
    expect(sink.parts.get(layer.digest)).toEqual(bytes.subarray(0, 40_000));
    expect(sink.blobs.has(layer.digest)).toBe(false);
    await pulled(() => false, sink);
    expect(registry.asked).toContain(`GET blobs/${layer.digest} bytes=40000-`);
    expect(sink.blobs.get(layer.digest)).toEqual(bytes);
  });

  test("and knows no ranges is read from the start again, the first part unused", async () => {
    const misbehave = withLayer((response, request) => {
      if (request.headers.range === undefined) return dropAfter(60_000)(response, request);
      response.writeHead(200, { "content-length": LAYER_BYTES }).end(bytes);
    });
    expect((await pulled(misbehave)).blobs.get(layer.digest)).toEqual(bytes);
  });
});

describe("a registry that stalls", () => {
  test("before it answers is told so after the time", async () => {
    await expect(pulled(withLayer(() => {}))).rejects.toThrow(/the server has sent nothing for 0.3 s/);
  });

  test("in the middle of a blob is asked for the rest", async () => {
    const stall = withLayer((response) => {
      response.writeHead(200, { "content-length": LAYER_BYTES });
      response.write(bytes.subarray(0, 30_000));
    }, 1);
    expect((await pulled(stall)).blobs.get(layer.digest)).toEqual(bytes);
    expect(registry.asked.at(-1)).toBe(`GET blobs/${layer.digest} bytes=30000-`);
  });

  test("is left at once when the caller gives up", async () => {
    const giveUp = new AbortController();
    const stall = withLayer(() => giveUp.abort());
    await expect(pulled(stall, new MemoryStore(), giveUp.signal)).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("a registry that lies", () => {
  const lies: [what: string, misbehave: Misbehaviour, message: RegExp][] = [
    [
      "about a blob's length, and announces it",
      withLayer((response) => response.writeHead(200, { "content-length": 5 }).end("short")),
      /it has 100000 bytes, and the registry sends 5 bytes/,
    ],
    [
      "about a blob's length, with more than it should send",
      withLayer((response) => response.writeHead(200).end(Buffer.concat([bytes, bytes]))),
      /the registry sends more than 100000 bytes/,
    ],
    [
      "about a blob's length, with less",
      withLayer((response) => response.writeHead(200).end()),
      /it ended after 0 of 100000 bytes/,
    ],
    [
      "about a blob's content",
      withLayer((response) => response.writeHead(200).end(Buffer.alloc(LAYER_BYTES))),
      /it has the digest sha256:/,
    ],
    [
      "about the part that it sends",
      withLayer((response, request) => {
        if (request.headers.range === undefined) return dropAfter(10)(response, request);
        response.writeHead(206, { "content-range": `bytes 0-${LAYER_BYTES - 1}/${LAYER_BYTES}` }).end(bytes);
      }),
      /from byte 10 on: the registry sends "bytes 0-99999\/100000"/,
    ],
    [
      "about a manifest's content",
      ({ method, url }, response) => {
        if (method !== "GET" || !url!.includes("manifests")) return false;
        response.writeHead(200, { "content-type": target.mediaType }).end("{}");
        return true;
      },
      /Cannot accept content as "sha256:/,
    ],
    [
      "with a manifest without end",
      ({ method, url }, response) => {
        if (method !== "GET" || !url!.includes("manifests")) return false;
        response.writeHead(200, { "content-type": target.mediaType });
        const piece = Buffer.alloc(1 << 20);
        const more = () => response.write(piece, (error) => error ?? more());
        more();
        return true;
      },
      /the answer is longer than 4194304 bytes/,
    ],
  ];
  for (const [what, misbehave, message] of lies) {
    test(what, async () => {
      const sink = new MemoryStore();
      await expect(pulled(misbehave, sink)).rejects.toThrow(message);
      expect(sink.blobs.has(layer.digest)).toBe(false);
    });
  }

  test("about which digest it has", async () => {
    registry.does((_, response) => {
      const headers = { "docker-content-digest": layer.digest, "content-type": target.mediaType };
      response.writeHead(200, { ...headers, "content-length": 10 }).end();
      return true;
    });
    const client = new RegistryClient({ retry: QUICK });
    const reference = { ...parseReference(`${registry.domain}/web`), digest: target.digest };
    await expect(pull(client, reference, new MemoryStore())).rejects.toThrow(FailedPrecondition);
  });
});

describe("a registry that wants patience", () => {
  for (const status of [429, 500, 502, 503]) {
    test(`with ${status} is asked again`, async () => {
      let refused = 0;
      const sink = await pulled((_, response) => {
        if (++refused > 2) return false;
        response.writeHead(status, { "retry-after": "0" }).end();
        return true;
      });
      expect(sink.blobs.get(layer.digest)).toEqual(bytes);
    });
  }

  test("gets as much of it as it asks for", async () => {
    let first = 0;
    const start = performance.now();
    await pulled((_, response) => {
      if (first++ > 0) return false;
      response.writeHead(429, { "retry-after": "1" }).end();
      return true;
    });
    expect(performance.now() - start).toBeGreaterThan(990);
  });

  test("for longer than a person would wait is not waited for", async () => {
    const words = { errors: [{ code: "TOOMANYREQUESTS", message: "You have reached your pull rate limit" }] };
    const refused = pulled((_, response) => {
      response.writeHead(429, { "retry-after": "3600" }).end(JSON.stringify(words));
      return true;
    });
    await expect(refused).rejects.toThrow(TryAgain);
    await expect(refused).rejects.toThrow("You have reached your pull rate limit");
    expect(registry.asked.map((asked) => asked.split(" ")[0])).toEqual(["HEAD", "GET"]);
  });

  test("with each answer is given up, in its words", async () => {
    const words = { errors: [{ code: "UNKNOWN", message: "out of order" }] };
    const refused = pulled(withLayer((response) => response.writeHead(500).end(JSON.stringify(words))));
    await expect(refused).rejects.toThrow(/Cannot GET .*: 500 UNKNOWN: out of order/);
  });
});

test("where nobody listens, that is said at once", async () => {
  const start = performance.now();
  const nobody = pull(new RegistryClient(), parseReference("127.0.0.1:1/web:1"), new MemoryStore());
  await expect(nobody).rejects.toThrow(/Cannot HEAD http:\/\/127.0.0.1:1\/v2\/web\/manifests\/1: .*ECONNREFUSED/);
  expect(performance.now() - start).toBeLessThan(150);
});

test("an image of schema 1 is refused by name", async () => {
  const old = pulled((_, response) => {
    const headers = { "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws" };
    response.writeHead(200, { ...headers, "docker-content-digest": target.digest, "content-length": 10 }).end();
    return true;
  });
  await expect(old).rejects.toThrow(NotImplemented);
});

test("a redirect is followed, without saying there who we are", async () => {
  const elsewhere = await MisbehavingRegistry.start(store, target);
  let authorization: string | undefined = "none came";
  elsewhere.does((request) => {
    authorization = request.headers.authorization;
    return false;
  });
  registry.does((request, response) => {
    if (request.headers.authorization === undefined) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
      return true;
    }
    if (!request.url!.includes("/blobs/")) return false;
    response.writeHead(307, { location: `http://${elsewhere.domain}${request.url}` }).end();
    return true;
  });
  const client = new RegistryClient({ credentials: async () => ({ username: "user", password: "secret" }) });
  await pull(client, parseReference(`${registry.domain}/web:1`), new MemoryStore(), { platforms });
  expect(authorization).toBeUndefined();
  await elsewhere.stop();
});

describe("a registry that tells its tags page by page", () => {
  const page = (response: ServerResponse, tags: unknown, link?: string): true => {
    response.writeHead(200, link === undefined ? {} : { link: `<${link}>; rel="next"` }).end(JSON.stringify({ tags }));
    return true;
  };
  const tagsOf = (misbehave: Misbehaviour) => {
    registry.does(misbehave);
    const repository = new RegistryClient({ retry: QUICK }).repository(
      parseReference(`${registry.domain}/web`),
      "pull",
    );
    return listTags(repository);
  };

  test("is asked for the next one", async () => {
    const found = await tagsOf(({ url }, response) =>
      url!.includes("last=b") ? page(response, ["c"]) : page(response, ["a", "b"], "/v2/web/tags/list?last=b&n=2"),
    );
    expect(found).toEqual(["a", "b", "c"]);
  });

  test("for ever is given up, and one that tells something else refused", async () => {
    const endless = tagsOf((_, response) => page(response, ["a"], "/v2/web/tags/list"));
    await expect(endless).rejects.toThrow(FailedPrecondition);
    await expect(tagsOf((_, response) => page(response, [{ tag: "a" }]))).rejects.toThrow(
      "Invalid list of tags: tags[0]",
    );
  });
});
