/** A genuine registry, docker/distribution as Debian has it, on a port of its own of the loopback, with everything in a directory. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { shellEnvironment } from "../harness/run-program.ts";

export const DOCKER_REGISTRY = "/usr/bin/docker-registry";

/** The one user of a registry with `htpasswd`. The hash is bcrypt's of the password, with the least cost. */
export const USER = { username: "user", password: "secret" };
const HTPASSWD = "user:$2b$04$vjCi8/ujIAUjlXJyit6XluRjSbwrPZoLJXJMhgV5JZfeF4EEeuLsS\n";

/** Who may come in: anybody, USER, or whoever has a token that a server of the test has signed. */
export type RegistryAuth =
  | "none"
  | "htpasswd"
  | { readonly realm: string; readonly issuer: string; readonly service: string; readonly certificate: string };

export class GenuineRegistry {
  /** `127.0.0.1:40123` */
  readonly domain: string;
  readonly #dir: string;
  readonly #daemon: ChildProcess;

  private constructor(dir: string, domain: string, daemon: ChildProcess) {
    this.#dir = dir;
    this.domain = domain;
    this.#daemon = daemon;
  }

  /** Starts a registry with an empty store in `dir`, which is there, and waits until it answers. */
  static async start(dir: string, auth: RegistryAuth = "none"): Promise<GenuineRegistry> {
    const domain = `127.0.0.1:${await freePort()}`;
    const configPath = join(dir, "registry.yml");
    writeFileSync(join(dir, "htpasswd"), HTPASSWD);
    writeFileSync(configPath, JSON.stringify(config(dir, domain, auth))); // JSON is YAML
    const log = openSync(join(dir, "registry.log"), "a");
    const daemon = spawn(DOCKER_REGISTRY, ["serve", configPath], {
      stdio: ["ignore", log, log],
      env: shellEnvironment(),
    });
    closeSync(log);
    const registry = new GenuineRegistry(dir, domain, daemon);
    await registry.#ready();
    return registry;
  }

  /** Whether a blob is in its store, in whatever repository. */
  hasBlob(digest: string): boolean {
    return existsSync(this.#blobPath(digest));
  }

  /** Damages a blob in the store without changing its size. */
  damage(digest: string): void {
    const bytes = readFileSync(this.#blobPath(digest));
    bytes[bytes.length >> 1]! ^= 0xff;
    writeFileSync(this.#blobPath(digest), bytes);
  }

  #blobPath(digest: string): string {
    const encoded = digest.replace(/^sha256:/, "");
    return join(this.#dir, "registry/docker/registry/v2/blobs/sha256", encoded.slice(0, 2), encoded, "data");
  }

  async stop(): Promise<void> {
    if (this.#daemon.exitCode === null) {
      this.#daemon.kill("SIGKILL");
      await new Promise((resolve) => this.#daemon.on("exit", resolve));
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    for (;;) {
      const status = await fetch(`http://${this.domain}/v2/`).then(
        (answer) => answer.status,
        () => undefined,
      );
      if (status === 200 || status === 401) return;
      if (this.#daemon.exitCode !== null) {
        const log = readFileSync(join(this.#dir, "registry.log"), "utf8");
        throw new Error(`The genuine registry did not start:\n${log.slice(-2000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20)); // it tells nobody when it is ready
    }
  }
}

function config(dir: string, domain: string, auth: RegistryAuth): object {
  return {
    version: "0.1",
    log: { accesslog: { disabled: false }, level: "info" },
    storage: { filesystem: { rootdirectory: join(dir, "registry") }, delete: { enabled: true } },
    http: { addr: domain },
    ...(auth === "htpasswd" && { auth: { htpasswd: { realm: "test", path: join(dir, "htpasswd") } } }),
    ...(typeof auth === "object" && {
      auth: { token: { ...auth, certificate: undefined, rootcertbundle: auth.certificate } },
    }),
  };
}

/** A port that nobody uses: the kernel chooses one, and it is let go again. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("Cannot find a free port");
  return address.port;
}
