/**
 * A program that keeps credentials, with the system's keys or in a safe: `docker-credential-NAME`.
 *
 *     docker-credential-pass store     stdin: {"ServerURL": …, "Username": …, "Secret": …}
 *     docker-credential-pass get       stdin: the server       stdout: the same, or what is wrong
 *     docker-credential-pass erase     stdin: the server
 *
 * The config file only notes for which registries there are some.
 *
 * @see https://github.com/docker/docker-credential-helpers#development
 */
import { spawnSync } from "node:child_process";
import type { AuthConfig } from "../../engine-api/auth.ts";
import type { CredentialStore } from "./credential-store.ts";

interface Credentials {
  readonly ServerURL: string;
  readonly Username: string;
  readonly Secret: string;
}

/** In place of a name: the secret is an identity token. */
const TOKEN = "<token>";
const NOT_FOUND = "credentials not found in native keychain";

export class HelperStore implements CredentialStore {
  readonly #program: string;
  /** The config file's. */
  readonly #notes: CredentialStore;

  constructor(name: string, notes: CredentialStore) {
    this.#program = `docker-credential-${name}`;
    this.#notes = notes;
  }

  get(server: string): AuthConfig {
    const { failure, output } = this.#run("get", server);
    if (output === NOT_FOUND) return {};
    if (failure) throw this.#error("getting", failure, output);
    const { Username, Secret } = JSON.parse(output) as Credentials; // the program's word for it
    if (Username === TOKEN) return { identitytoken: Secret, serveraddress: server };
    return { username: Username, password: Secret, serveraddress: server };
  }

  store(server: string, { username = "", password = "", identitytoken }: AuthConfig): void {
    const [Username, Secret] = identitytoken ? [TOKEN, identitytoken] : [username, password];
    const credentials: Credentials = { ServerURL: server, Username, Secret };
    const { failure, output } = this.#run("store", JSON.stringify(credentials));
    if (failure) throw this.#error("storing", failure, output);
    this.#notes.store(server, {});
  }

  erase(server: string): void {
    const { failure, output } = this.#run("erase", server);
    if (failure) throw this.#error("erasing", failure, output);
    this.#notes.erase(server);
  }

  #run(action: "get" | "store" | "erase", input: string): { readonly failure?: string; readonly output: string } {
    const { error, status, stdout } = spawnSync(this.#program, [action], {
      input,
      stdio: ["pipe", "pipe", "inherit"],
      encoding: "utf8",
    });
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    if (code === "ENOENT")
      return { failure: `exec: ${JSON.stringify(this.#program)}: executable file not found in $PATH`, output: "" };
    if (error && code !== "EPIPE") return { failure: error.message, output: "" }; // who needs no input may not read it
    return { ...(status !== 0 && { failure: `exit status ${status}` }), output: stdout.trim() };
  }

  #error(doing: string, failure: string, output: string): Error {
    return new Error(`error ${doing} credentials - err: ${failure}, out: \`${output}\``);
  }
}
