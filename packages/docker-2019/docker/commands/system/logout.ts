import { leaf } from "../../command.ts";
import type { ConfigFile } from "../../config-file.ts";
import { credentialStore } from "../../credentials/credential-store.ts";
import { HUB_SERVER, hostOf } from "../../credentials/registry-server.ts";
import { print, printError } from "../../output/print.ts";

export const logout = leaf({
  usage: "[SERVER]",
  description: "Log out from a Docker registry.\nIf no server is specified, the default is defined by the daemon.",
  arguments: { min: 0, max: 1 },
  async run({ docker: { config }, args: [given = ""] }) {
    const host = hostOf(given);
    print(`Removing login credentials for ${given === "" ? HUB_SERVER : host}`);
    const names = given === "" ? [HUB_SERVER] : [...new Set([given, host, `http://${host}`, `https://${host}`])];
    const failures = names.flatMap((name) => failureOf(config, name));
    if (failures.length < names.length) return;
    printError("WARNING: could not erase credentials:");
    for (const failure of failures) printError(failure);
  },
});

function failureOf(config: ConfigFile, name: string): string[] {
  try {
    credentialStore(config, name).erase(name);
    return [];
  } catch (error) {
    return [`${name}: ${(error as Error).message}`];
  }
}
