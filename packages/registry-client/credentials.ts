/**
 * Credentials as `docker login` leaves them behind:
 *
 *     ~/.docker/config.json
 *     {
 *       "auths":       { "localhost:5000": { "auth": base64 of "user:password" }, "ghcr.io": { "identitytoken": … } },
 *       "credHelpers": { "gcr.io": "gcloud" },       a program for one registry: docker-credential-gcloud
 *       "credsStore":  "pass"                         … and for all others
 *     }
 *
 * @see https://docs.docker.com/engine/reference/commandline/login/#credentials-store
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

/** Who asks. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  /** What a token server gave in exchange for a password once, and takes in its place. */
  | { readonly identityToken: string }
  /** What the registry takes as it is: nobody has to be asked for one. */
  | { readonly registryToken: string };

/** Looks up who asks at `host`. Undefined: nobody in particular. */
export type CredentialStore = (host: string) => Promise<Credentials | undefined>;

/** What `docker login` without a name writes for Docker Hub, whose registry has another name. */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";
const DOCKER_HUB_HOSTS = new Set(["docker.io", "registry-1.docker.io", "index.docker.io"]);

/** The user name by which a helper says that the secret is an identity token. */
const TOKEN_USER = "<token>";

interface ConfigFile {
  readonly auths?: Readonly<Record<string, AuthEntry>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

interface AuthEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

/**
 * The store that a Docker config file describes. A file that isn't there is an empty one.
 *
 * @param path - `$DOCKER_CONFIG/config.json` if not given, else that in the home directory.
 * @throws {InvalidArgument} When it is there and can't be read or understood.
 */
export function dockerCredentials(path = defaultPath()): CredentialStore {
  const config = readConfig(path);
  return async (host) => {
    const keys = DOCKER_HUB_HOSTS.has(host) ? [DOCKER_HUB_KEY, ...DOCKER_HUB_HOSTS] : keysOf(host);
    const helper = keys.map((key) => config.credHelpers?.[key]).find(Boolean) ?? config.credsStore;
    if (helper !== undefined && helper !== "") return askHelper(helper, keys[0]!);
    const entry = keys.map((key) => config.auths?.[key]).find(Boolean);
    return entry && credentialsOf(entry, path);
  };
}

function defaultPath(): string {
  return join(process.env.DOCKER_CONFIG ?? join(homedir(), ".docker"), "config.json");
}

/** Old versions of Docker wrote URLs. */
function keysOf(host: string): string[] {
  return [host, `https://${host}`, `http://${host}`, `https://${host}/v1/`, `https://${host}/v2/`];
}

function readConfig(path: string): ConfigFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new InvalidArgument(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  try {
    return JSON.parse(text) as ConfigFile;
  } catch (error) {
    throw new InvalidArgument(`Cannot parse ${path}: ${(error as Error).message}`, { cause: error });
  }
}

function credentialsOf({ auth, username, password, identitytoken }: AuthEntry, path: string): Credentials | undefined {
  if (identitytoken) return { identityToken: identitytoken };
  if (username && password) return { username, password };
  if (!auth) return undefined;
  const text = Buffer.from(auth, "base64").toString();
  const colon = text.indexOf(":");
  if (colon === -1) throw new InvalidArgument(`Cannot use ${path}: an "auth" is not the base64 of user:password`);
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
}

/** A helper reads the server's name and writes JSON. That it knows none, it says by failing. */
async function askHelper(helper: string, server: string): Promise<Credentials | undefined> {
  const asked = promisify(execFile)(`docker-credential-${helper}`, ["get"], { encoding: "utf8" });
  asked.child.stdin?.on("error", () => {}).end(server);
  try {
    const { Username, Secret } = JSON.parse((await asked).stdout) as { Username: string; Secret: string };
    return Username === TOKEN_USER ? { identityToken: Secret } : { username: Username, password: Secret };
  } catch (error) {
    const { stdout = "", message } = error as Error & { stdout?: string };
    if (/credentials not found/.test(stdout)) return undefined;
    const reason = stdout.trim() || message;
    throw new InvalidArgument(`Cannot get credentials from docker-credential-${helper}: ${reason}`, { cause: error });
  }
}
