/** `~/.docker/config.json`: who one is to registries, and what one likes. Written anew as a whole, with all that this docker doesn't know. */
import { mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface StoredAuth {
  /** base64 of `name:password` */
  readonly auth?: string;
  readonly identitytoken?: string;
}

/** For containers: what becomes of it is in their environment. */
export interface ProxyConfig {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
  readonly ftpProxy?: string;
}

export interface ConfigContent {
  readonly auths?: Readonly<Record<string, StoredAuth>>;
  /** A program that keeps credentials: `docker-credential-NAME`. */
  readonly credsStore?: string;
  /** By registry, where another one keeps them. */
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly detachKeys?: string;
  /** Sent to the daemon with each request. */
  readonly HttpHeaders?: Readonly<Record<string, string>>;
  readonly imagesFormat?: string;
  readonly networksFormat?: string;
  /** By the daemon's address, and for all others as `default`. */
  readonly proxies?: Readonly<Record<string, ProxyConfig>>;
  readonly psFormat?: string;
  readonly statsFormat?: string;
  readonly volumesFormat?: string;
}

export class ConfigFile {
  readonly path: string;
  /** Why it can't be read. */
  readonly problem: string | undefined;
  #content: ConfigContent;

  private constructor(path: string, content: ConfigContent, problem?: string) {
    this.path = path;
    this.#content = content;
    this.problem = problem;
  }

  /** What can't be read is as if it weren't there, until something is to be written. */
  static read(directory: string): ConfigFile {
    const path = join(directory, "config.json");
    try {
      return new ConfigFile(path, JSON.parse(readFileSync(path, "utf8")) as ConfigContent);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return new ConfigFile(path, {}, code === "ENOENT" ? undefined : message);
    }
  }

  get content(): ConfigContent {
    return this.#content;
  }

  /** As if the file said so; it does from the next change on. */
  assume(content: ConfigContent): void {
    this.#content = { ...this.#content, ...content };
  }

  /** @throws {Error} When there is a file that can't be read: what is in it would be lost. */
  change(changed: ConfigContent): void {
    if (this.problem !== undefined) throw new Error(`Cannot change ${this.path}, repair it first: ${this.problem}`);
    this.#content = { ...this.#content, ...changed };
    mkdirSync(join(this.path, ".."), { recursive: true, mode: 0o700 });
    const path = behindLink(this.path);
    const unfinished = `${path}.${process.pid}`;
    writeFileSync(unfinished, `${JSON.stringify(this.#content, null, "\t")}\n`, { mode: 0o600 });
    renameSync(unfinished, path);
  }
}

/** A link stays one: people keep such files elsewhere. */
function behindLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // not there yet
  }
}
