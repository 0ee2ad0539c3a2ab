/** What every command works with: the daemon, and the user's files. */
import { isTraced } from "@eras/trace/context.ts";
import { ApiClient } from "./api-client.ts";
import type { ConfigFile } from "./config-file.ts";
import { findEndpoint } from "./endpoint.ts";
import type { GlobalFlags } from "./globals.ts";

export class Session {
  readonly api: ApiClient;
  readonly #flags: GlobalFlags;
  #config: ConfigFile | undefined;

  private constructor(flags: GlobalFlags, api: ApiClient) {
    this.#flags = flags;
    this.api = api;
  }

  /** Nothing is sent yet. */
  static async open(flags: GlobalFlags): Promise<Session> {
    const endpoint = findEndpoint(flags);
    const announce = isTraced() ? (await import("./tracing.ts")).announceRequest : undefined;
    const agent = endpoint.tls && new (await import("node:https")).Agent({ keepAlive: true, ...endpoint.tls });
    return new Session(flags, new ApiClient(endpoint, agent, announce));
  }

  async config(): Promise<ConfigFile> {
    if (!this.#config) {
      const { ConfigFile } = await import("./config-file.ts");
      this.#config = ConfigFile.read(this.#flags.config);
    }
    return this.#config;
  }

  close(): void {
    this.api.close();
  }
}
