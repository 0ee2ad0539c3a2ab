import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { afterAll, describe, expect, test } from "vitest";
import { dockerCredentials } from "./credentials.ts";

describe("dockerCredentials()", () => {
  const dir = mkdtempSync(join(tmpdir(), "docker-eras-credentials-"));
  afterAll(() => rmSync(dir, { recursive: true }));
  const path = join(dir, "config.json");
  const store = (config: unknown) => {
    writeFileSync(path, typeof config === "string" ? config : JSON.stringify(config));
    return dockerCredentials(path);
  };
  const auth = Buffer.from("user:pass:word").toString("base64");

  test("finds a registry by its name, and by the URLs of old", async () => {
    const credentials = { username: "user", password: "pass:word" };
    expect(await store({ auths: { "localhost:5000": { auth } } })("localhost:5000")).toEqual(credentials);
    expect(await store({ auths: { "https://r.example/v1/": { auth } } })("r.example")).toEqual(credentials);
    expect(await store({ auths: { "r.example": { auth } } })("other.example")).toBeUndefined();
  });

  test("finds Docker Hub by the name of its index", async () => {
    const credentials = store({ auths: { "https://index.docker.io/v1/": { identitytoken: "t" } } });
    expect(await credentials("registry-1.docker.io")).toEqual({ identityToken: "t" });
  });

  test("takes a file that isn't there for an empty one, and says what is wrong with others", async () => {
    expect(await dockerCredentials(join(dir, "nosuch.json"))("r.example")).toBeUndefined();
    expect(() => store("{")).toThrow(/Cannot parse .*config\.json/);
    expect(() => dockerCredentials(dir)).toThrow(/Cannot read .*EISDIR/);
    await expect(store({ auths: { "r.example": { auth: "eA==" } } })("r.example")).rejects.toThrow(InvalidArgument);
  });

  test("says which helper is missing", async () => {
    await expect(store({ credsStore: "nosuch" })("r.example")).rejects.toThrow(/docker-credential-nosuch.*ENOENT/);
  });
});
