import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigFile } from "../config-file.ts";
import { credentialStore, storedAuth } from "./credential-store.ts";

const SERVER = "registry.example:5000";
const JOE = { username: "joe", password: "a:b" };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "docker-eras-credentials-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function config(content: object): ConfigFile {
  writeFileSync(join(dir, "config.json"), JSON.stringify(content));
  return ConfigFile.read(dir);
}

function written(): unknown {
  return JSON.parse(readFileSync(join(dir, "config.json"), "utf8"));
}

describe("the config file", () => {
  test("keeps credentials, and all that it had", () => {
    const file = config({ other: 1 });
    credentialStore(file, SERVER).store(SERVER, JOE);
    expect(written()).toEqual({ other: 1, auths: { [SERVER]: { auth: "am9lOmE6Yg==" } } });
    expect(credentialStore(ConfigFile.read(dir), SERVER).get(SERVER)).toEqual({ ...JOE, serveraddress: SERVER });
    credentialStore(file, SERVER).erase(SERVER);
    expect(written()).toEqual({ other: 1, auths: {} });
  });

  test("may have them under a URL", () => {
    const file = config({ auths: { [`https://${SERVER}/v1/`]: { auth: "am9lOmE6Yg==" } } });
    expect(credentialStore(file, SERVER).get(SERVER)).toMatchObject(JOE);
    expect(credentialStore(file, "example").get("example")).toEqual({});
  });

  test("stays the link that it is", () => {
    writeFileSync(join(dir, "elsewhere.json"), "{}");
    symlinkSync("elsewhere.json", join(dir, "config.json"));
    credentialStore(ConfigFile.read(dir), SERVER).store(SERVER, JOE);
    expect(readFileSync(join(dir, "elsewhere.json"), "utf8")).toContain(SERVER);
  });

  test("that can't be read is left as it is", () => {
    writeFileSync(join(dir, "config.json"), "{bad");
    const file = ConfigFile.read(dir);
    expect([file.content, file.problem]).toEqual([{}, expect.stringContaining("JSON")]);
    expect(() => credentialStore(file, SERVER).store(SERVER, JOE)).toThrow("repair it first");
    expect(readFileSync(join(dir, "config.json"), "utf8")).toBe("{bad");
  });
});

describe("a program that keeps credentials", () => {
  const PATH = process.env.PATH;
  beforeEach(() => {
    process.env.PATH = `${dir}:${PATH}`;
  });
  afterEach(() => {
    process.env.PATH = PATH;
  });

  function helper(script: string, name = "docker-credential-safe"): void {
    const path = join(dir, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }

  test("is asked, for one registry or for all", () => {
    helper(`read server; echo '{"ServerURL": "x", "Username": "joe", "Secret": "a:b"}'`);
    for (const content of [{ credsStore: "safe" }, { credsStore: "none", credHelpers: { [SERVER]: "safe" } }])
      expect(credentialStore(config(content), SERVER).get(SERVER)).toEqual({ ...JOE, serveraddress: SERVER });
  });

  test("is given them, and the config file has no secret", () => {
    helper(`cat > ${dir}/stored`);
    credentialStore(config({ credsStore: "safe" }), SERVER).store(SERVER, { identitytoken: "secret" });
    expect(JSON.parse(readFileSync(join(dir, "stored"), "utf8"))).toEqual({
      ServerURL: SERVER,
      Username: "<token>",
      Secret: "secret",
    });
    expect(written()).toEqual({ credsStore: "safe", auths: { [SERVER]: {} } });
  });

  test("is the platform's own one, when nobody has said or stored anything", () => {
    for (const name of ["pass", "docker-credential-pass"]) helper(`cat > ${dir}/stored`, name);
    credentialStore(config({ auths: {} }), SERVER).store(SERVER, JOE);
    expect(readFileSync(join(dir, "stored"), "utf8")).toContain(JOE.password);
    expect(written()).toEqual({ credsStore: "pass", auths: { [SERVER]: {} } });
    const other = { auths: { other: { auth: "am9lOmE6Yg==" } } };
    credentialStore(config(other), SERVER).store(SERVER, JOE);
    expect(written()).not.toHaveProperty("credsStore");
  });

  test("may have none, or fail", () => {
    helper("echo credentials not found in native keychain; exit 1");
    const file = config({ credsStore: "safe" });
    expect(credentialStore(file, SERVER).get(SERVER)).toEqual({});
    helper("echo locked; exit 2");
    expect(() => credentialStore(file, SERVER).get(SERVER)).toThrow(
      "error getting credentials - err: exit status 2, out: `locked`",
    );
    expect(storedAuth(credentialStore(file, SERVER), SERVER)).toEqual({});
    expect(() => credentialStore(config({ credsStore: "none" }), SERVER).erase(SERVER)).toThrow(
      'exec: "docker-credential-none": executable file not found in $PATH',
    );
  });
});
