/** Where credentials are kept: in the config file, or with a program that the config file names. */
import type { AuthConfig } from "../../engine-api/auth.ts";
import type { ConfigContent, ConfigFile } from "../config-file.ts";
import { defaultHelper } from "./default-helper.ts";
import { HelperStore } from "./helper-store.ts";
import { hostOf } from "./registry-server.ts";

export interface CredentialStore {
  /** Empty for a registry that one is nobody to. */
  get(server: string): AuthConfig;
  store(server: string, auth: AuthConfig): void;
  /** What isn't there is no failure. */
  erase(server: string): void;
}

/**
 * Where nothing is said or stored yet, the platform's own keeper of secrets is taken, and noted with the first login.
 *
 * @param server - One registry may have a program of its own: `credHelpers`.
 */
export function credentialStore(config: ConfigFile, server: string): CredentialStore {
  const isEmpty = ({ auths = {}, credHelpers = {}, credsStore }: ConfigContent) =>
    !credsStore && Object.keys({ ...auths, ...credHelpers }).length === 0;
  const standard = isEmpty(config.content) ? defaultHelper() : undefined;
  if (standard) config.assume({ credsStore: standard });
  const { credHelpers, credsStore } = config.content;
  const helper = credHelpers?.[server] || credsStore;
  const file = new FileStore(config);
  return helper ? new HelperStore(helper, file) : file;
}

/** Empty, too, when the program that keeps them can't say: one is nobody then. */
export function storedAuth(store: CredentialStore, server: string): AuthConfig {
  try {
    return store.get(server);
  } catch {
    return {};
  }
}

/** `auths` of the config file. */
export class FileStore implements CredentialStore {
  readonly #config: ConfigFile;

  constructor(config: ConfigFile) {
    this.#config = config;
  }

  /** Old clients have kept them under URLs. */
  get(server: string): AuthConfig {
    const auths = this.#config.content.auths ?? {};
    const stored = auths[server] ?? Object.entries(auths).find(([url]) => hostOf(url) === server)?.[1];
    if (!stored) return {};
    const [username = "", ...password] = Buffer.from(stored.auth ?? "", "base64")
      .toString()
      .split(":");
    const { identitytoken } = stored;
    const named = { username, password: password.join(":"), serveraddress: server };
    return identitytoken ? { username, serveraddress: server, identitytoken } : named;
  }

  store(server: string, { username = "", password = "", identitytoken }: AuthConfig): void {
    const isNamed = username !== "" || password !== "";
    const auth = Buffer.from(`${username}:${identitytoken ? "" : password}`).toString("base64");
    const stored = { ...(isNamed && { auth }), ...(identitytoken && { identitytoken }) };
    this.#config.change({ auths: { ...this.#config.content.auths, [server]: stored } });
  }

  erase(server: string): void {
    const { [server]: erased, ...auths } = this.#config.content.auths ?? {};
    if (erased) this.#config.change({ auths });
  }
}
