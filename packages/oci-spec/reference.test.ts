import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256 } from "./digest.ts";
import { InvalidArgument } from "./errdefs.ts";
import {
  familiarName,
  familiarReference,
  formatReference,
  parseAnyReference,
  parseReference,
  type Reference,
  repositoryName,
  withDefaultTag,
  withDigest,
  withTag,
} from "./reference.ts";

const DIGEST = sha256("image");

/** What people write, its normal form, and its familiar form. */
// biome-ignore format: a table
const NORMAL: readonly [text: string, normal: string, familiar: string][] = [
  ["busybox", "docker.io/library/busybox", "busybox"],
  ["busybox:1.31", "docker.io/library/busybox:1.31", "busybox:1.31"],
  ["library/busybox", "docker.io/library/busybox", "busybox"],
  ["docker.io/busybox", "docker.io/library/busybox", "busybox"],
  ["index.docker.io/busybox", "docker.io/library/busybox", "busybox"],
  ["docker.io/library/a/b", "docker.io/library/a/b", "library/a/b"],
  ["moby/buildkit", "docker.io/moby/buildkit", "moby/buildkit"],
  ["localhost", "docker.io/library/localhost", "localhost"],
  ["localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"],
  ["localhost/web", "localhost/web", "localhost/web"],
  ["localhost:5000/x", "localhost:5000/x", "localhost:5000/x"],
  ["localhost:5000/x:y", "localhost:5000/x:y", "localhost:5000/x:y"],
  ["Registry.Example/x", "Registry.Example/x", "Registry.Example/x"],
  ["127.0.0.1:80/a/b/c:TAG_1.x-y", "127.0.0.1:80/a/b/c:TAG_1.x-y", "127.0.0.1:80/a/b/c:TAG_1.x-y"],
  ["a--b__c/d.e", "docker.io/a--b__c/d.e", "a--b__c/d.e"],
  [`busybox@${DIGEST}`, `docker.io/library/busybox@${DIGEST}`, `busybox@${DIGEST}`],
  [`host.tld/x:1@${DIGEST}`, `host.tld/x:1@${DIGEST}`, `host.tld/x:1@${DIGEST}`],
];

/** What is refused, in Docker's words. */
// biome-ignore format: a table
const REFUSED: readonly [text: string, message: string][] = [
  ["", "invalid reference format"],
  [":tag", "invalid reference format"],
  ["/busybox", "invalid reference format"],
  ["busybox:", "invalid reference format"],
  ["busybox@", "invalid reference format"],
  ["a//b", "invalid reference format"],
  ["a/b/", "invalid reference format"],
  ["-busybox", "invalid reference format"],
  ["busybox-", "invalid reference format"],
  ["a..b", "invalid reference format"],
  ["a___b", "invalid reference format"],
  ["a b", "invalid reference format"],
  ["busybox:.x", "invalid reference format"],
  [`busybox:${"t".repeat(129)}`, "invalid reference format"],
  ["host.tld:port/x", "invalid reference format"],
  ["-host.tld/x", "invalid reference format"],
  ["busybox\n", "invalid reference format"],
  ["https://host.tld/x", "invalid reference format"],
  ["busybox@sha256:abc", "invalid reference format"],
  [`busybox@${DIGEST}:tag`, "invalid reference format"],
  ["a_b/c:1/d", "invalid reference format"],
  ["Busybox", "invalid reference format: repository name must be lowercase"],
  ["host.tld/Web:1", "invalid reference format: repository name must be lowercase"],
  ["Foo/bar", "invalid reference format: repository name must be lowercase"],
  [`busybox@sha256:${"a".repeat(40)}`, "invalid checksum digest length"],
  [`busybox@sha256:${"A".repeat(64)}`, "invalid checksum digest format"],
  [`busybox@md5:${"a".repeat(32)}`, "unsupported digest algorithm"],
  [`h.tld/${"z".repeat(250)}`, "repository name must not be more than 255 characters"],
  ["a".repeat(64), `invalid repository name (${"a".repeat(64)}), cannot specify 64-byte hexadecimal strings`],
];

const alphanumeric = fc.string({ unit: fc.constantFrom(..."abcxyz0189"), minLength: 1, maxLength: 8 });
const separator = fc.constantFrom(".", "_", "__", "-", "---");
const component = fc
  .tuple(alphanumeric, fc.array(fc.tuple(separator, alphanumeric), { maxLength: 2 }))
  .map(([first, rest]) => first + rest.flat().join(""));
const domain = fc.constantFrom(
  "docker.io",
  "index.docker.io",
  "localhost",
  "localhost:5000",
  "Host.TLD",
  "10.0.0.1:1",
  "h:1",
);
const tag = fc
  .string({ unit: fc.constantFrom(..."abcXYZ019_.-"), minLength: 1, maxLength: 12 })
  .filter((text) => /^\w/.test(text));
/** Docker has a reference without any domain here, and leaves the confusion to the registry: we refuse what can't be a domain. */
const hasImpossibleDomain = (text: string) => /^[^/]*_[^/]*\//.test(text) && /^[^/]*\.[^/]*\//.test(text);
/** References of all shapes, as people would write them. */
const written = fc
  .tuple(
    fc.option(domain),
    fc.array(component, { minLength: 1, maxLength: 3 }),
    fc.option(tag),
    fc.option(fc.constant(DIGEST)),
  )
  .map(([host, components, name, digest]) => {
    const suffix = (name === null ? "" : `:${name}`) + (digest === null ? "" : `@${digest}`);
    return [...(host === null ? [] : [host]), ...components].join("/") + suffix;
  })
  .filter((text) => !hasImpossibleDomain(text));
/** Text that is nearly a reference. */
const nearly = fc
  .string({
    unit: fc.constantFrom(..."aB0", "/", ":", "@", ".", "_", "-", "sha256:", "localhost"),
    maxLength: 12,
  })
  .filter((text) => !hasImpossibleDomain(text));

describe("parseReference()", () => {
  test.each(NORMAL)("reads %s as %s", (text, normal, familiar) => {
    const ref = parseReference(text);
    expect(formatReference(ref)).toBe(normal);
    expect(familiarReference(ref)).toBe(familiar);
  });

  for (const [text, message] of REFUSED)
    test(`refuses ${JSON.stringify(text)}: ${message}`, () =>
      expect(() => parseReference(text)).toThrow(new InvalidArgument(message)));

  test("refuses a domain that can't be one", () =>
    expect(() => parseReference("a_b.c/d")).toThrow(new InvalidArgument("invalid reference format")));

  test("tells the parts", () =>
    expect(parseReference(`localhost:5000/a/b:1@${DIGEST}`)).toEqual({
      domain: "localhost:5000",
      path: "a/b",
      tag: "1",
      digest: DIGEST,
    }));

  test("reads both forms of a reference as the same", () => {
    fc.assert(
      fc.property(written, (text) => {
        const ref = parseReference(text);
        expect(parseReference(formatReference(ref))).toEqual(ref);
        fc.pre(!/^(index\.)?docker\.io\/[^/]*\./.test(text)); // Docker's familiar form of these means something else
        expect(parseReference(familiarReference(ref))).toEqual(ref);
      }),
    );
  });

  test("gives or refuses, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(nearly, fc.string()), (text) => {
        const ref = parsed(text);
        if (ref instanceof Error) expect(ref).toBeInstanceOf(InvalidArgument);
        else expect(parseReference(formatReference(ref))).toEqual(ref);
      }),
      { numRuns: 1000 },
    );
  });

  test("takes no time over long hostile text", () => {
    const start = performance.now();
    for (const text of [`${"a-".repeat(50_000)}!`, "a".repeat(100_000), `${"a.".repeat(50_000)}/x!`]) parsed(text);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe("parseAnyReference()", () => {
  test("takes the digits of an ID for a digest", () => expect(parseAnyReference(DIGEST.slice(7))).toBe(DIGEST));
  test("takes a digest for itself", () => expect(parseAnyReference(DIGEST)).toBe(DIGEST));
  test("takes the rest for names", () => expect(parseAnyReference("busybox")).toEqual(parseReference("busybox")));
});

describe("parts of a reference", () => {
  const busybox = parseReference("busybox");
  test("withDefaultTag() adds latest where nothing is said", () => {
    expect(formatReference(withDefaultTag(busybox))).toBe("docker.io/library/busybox:latest");
    expect(withDefaultTag(parseReference("busybox:1"))).toEqual(parseReference("busybox:1"));
    expect(withDefaultTag(parseReference(`busybox@${DIGEST}`))).toEqual(parseReference(`busybox@${DIGEST}`));
  });
  test("withTag() and withDigest() replace what was there", () => {
    expect(withTag(parseReference(`busybox:1@${DIGEST}`), "2")).toEqual(parseReference("busybox:2"));
    expect(withDigest(parseReference("busybox:1"), DIGEST)).toEqual(parseReference(`busybox@${DIGEST}`));
    expect(() => withTag(busybox, "")).toThrow("invalid tag format");
  });
  test("repositoryName() and familiarName() leave tag and digest out", () => {
    expect(repositoryName(parseReference("busybox:1"))).toBe("docker.io/library/busybox");
    expect(familiarName(parseReference("busybox:1"))).toBe("busybox");
  });
});

function parsed(text: string): Reference | Error {
  try {
    return parseReference(text);
  } catch (error) {
    return error as Error;
  }
}

/** Debian's, which isn't as strange to 2019 as what may come before it in PATH. */
const DOCKER = "/usr/bin/docker";
function hasDocker(): boolean {
  try {
    return /version (19|20)\./.test(execFileSync(DOCKER, ["--version"], { encoding: "utf8" }));
  } catch {
    return false;
  }
}

/**
 * Compares with what the genuine `docker pull` asks its daemon for. It parses the reference itself and sends the familiar name and the
 * tag or digest; the daemon here only listens, and answers with an error.
 */
describe.skipIf(!hasDocker())("compared with docker 20.10 (skipped where it isn't installed)", () => {
  let dir: string;
  let server: Server;
  let asked: URLSearchParams | undefined;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "docker-pull-"));
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
      if (pathname.endsWith("/images/create")) asked = searchParams;
      response.writeHead(pathname.endsWith("/_ping") ? 200 : 500, { "content-type": "application/json" }).end("{}");
    });
    await new Promise<void>((listening) => server.listen(join(dir, "docker.sock"), listening));
  });
  afterAll(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });

  /** What a pull asks for, or why there is none. */
  function pull(text: string): Promise<string> {
    asked = undefined;
    const env = { DOCKER_HOST: `unix://${dir}/docker.sock`, DOCKER_CONFIG: dir };
    return new Promise((resolve) => {
      execFile(DOCKER, ["pull", "--quiet", "--", text], { env }, (_error, _stdout, stderr) => {
        resolve(asked === undefined ? stderr.trim() : `${asked.get("fromImage")} ${asked.get("tag")}`);
      });
    });
  }

  /** The same, by our reading. A digest goes before a tag. */
  function ours(text: string): string {
    const ref = parsed(text);
    if (ref instanceof Error) return ref.message;
    const { tag, digest } = withDefaultTag(ref);
    return `${familiarName(ref)} ${digest ?? tag}`;
  }

  test.each([...NORMAL.map(([text]) => text), ...REFUSED.map(([text]) => text)])("%j", async (text) => {
    expect(ours(text)).toBe(await pull(text));
  });

  test("whatever the text", async () => {
    const property = fc.asyncProperty(fc.oneof(written, nearly), async (text) => {
      expect(ours(text)).toBe(await pull(text));
    });
    await fc.assert(property, { numRuns: 100 });
  });
});
