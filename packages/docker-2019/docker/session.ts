/** What every command works with: the daemon, and the user's files. */
import type { Agent } from "node:http";
import { isTraced } from "@eras/trace/context.ts";
import { ApiClient } from "./api-client.ts";
import { ConfigFile } from "./config-file.ts";
import { type Endpoint, findEndpoint } from "./endpoint.ts";
import type { GlobalFlags } from "./globals.ts";
import { printError } from "./output/print.ts";

export class Session {
  readonly api: ApiClient;
  readonly config: ConfigFile;

  private constructor(api: ApiClient, config: ConfigFile) {
    this.api = api;
    this.config = config;
  }

  /** Nothing is sent yet. */
  static async open(flags: GlobalFlags): Promise<Session> {
    const config = ConfigFile.read(flags.config);
    const { path, problem } = config;
    if (problem !== undefined) printError(`WARNING: Error loading config file: ${path}: ${problem}`);
    const endpoint = findEndpoint(flags);
    const announce = isTraced() ? (await import("./tracing.ts")).announceRequest : undefined;
    const agent = await agentOf(endpoint);
    return new Session(new ApiClient(endpoint, { agent, announce, headers: config.content.HttpHeaders }), config);
  }

  close(): void {
    this.api.close();
  }
}

/** @returns Undefined where the usual one will do. */
async function agentOf({ tls, command }: Endpoint): Promise<Agent | undefined> {
  if (tls) return new (await import("node:https")).Agent({ keepAlive: true, ...tls });
  return command && (await import("./command-agent.ts")).commandAgent(command);
}
