/** `~/.docker/config.json`: who one is to registries, and what one likes. Written anew as a whole, with all that this docker doesn't know. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AuthConfig } from "../engine-api/auth.ts";

interface StoredAuth {
  /** base64 of `name:password` */
  readonly auth?: string;
  readonly identitytoken?: string;
}

export interface ConfigContent {
  readonly auths?: Readonly<Record<string, StoredAuth>>;
  /** A program that keeps credentials: `docker-credential-NAME`. */
  readonly credsStore?: string;
  readonly detachKeys?: string;
  readonly psFormat?: string;
  readonly imagesFormat?: string;
}

export class ConfigFile {
  readonly path: string;
  readonly content: ConfigContent;

  private constructor(path: string, content: ConfigContent) {
    this.path = path;
    this.content = content;
  }

  static read(directory: string): ConfigFile {
    const path = join(directory, "config.json");
    try {
      return new ConfigFile(path, JSON.parse(readFileSync(path, "utf8")) as ConfigContent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return new ConfigFile(path, {});
      throw new Error(`WARNING: Error loading config file: ${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Empty for a registry that one is nobody to. @param server - `registry.example:5000`, or Docker Hub's address. */
  auth(server: string): AuthConfig {
    const stored = this.content.auths?.[server];
    if (!stored) return {};
    const [username = "", ...password] = Buffer.from(stored.auth ?? "", "base64")
      .toString()
      .split(":");
    const { identitytoken } = stored;
    const named = { username, password: password.join(":"), serveraddress: server };
    return identitytoken ? { username, serveraddress: server, identitytoken } : named;
  }

  storeAuth(server: string, { username = "", password = "", identitytoken }: AuthConfig): void {
    const auth = Buffer.from(`${username}:${identitytoken ? "" : password}`).toString("base64");
    const stored = { auth, ...(identitytoken && { identitytoken }) };
    this.#write({ ...this.content, auths: { ...this.content.auths, [server]: stored } });
  }

  /** @returns Whether there was anything. */
  eraseAuth(server: string): boolean {
    const { [server]: erased, ...auths } = this.content.auths ?? {};
    if (erased) this.#write({ ...this.content, auths });
    return erased !== undefined;
  }

  #write(content: ConfigContent): void {
    mkdirSync(join(this.path, ".."), { recursive: true, mode: 0o700 });
    const unfinished = `${this.path}.${process.pid}`;
    writeFileSync(unfinished, `${JSON.stringify(content, null, "\t")}\n`, { mode: 0o600 });
    renameSync(unfinished, this.path);
  }
}
