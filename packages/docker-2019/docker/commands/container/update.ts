import type { ContainerUpdateResponse } from "../../../engine-api/container.ts";
import { flag, leaf, numberFlag, ONE_OR_MORE } from "../../command.ts";
import { parseRestart } from "../../container/create-request.ts";
import { forEach } from "../../container/each.ts";
import { LIMIT_OPTIONS, type LimitFlags, limits } from "../../container/limit-flags.ts";
import { printError } from "../../output/print.ts";

interface Flags extends LimitFlags {
  readonly restart?: string;
}

export const update = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  arguments: ONE_OR_MORE,
  options: [
    ...LIMIT_OPTIONS,
    numberFlag("--cpu-rt-period <int>", "Limit the CPU real-time period in microseconds"),
    numberFlag("--cpu-rt-runtime <int>", "Limit the CPU real-time runtime in microseconds"),
    flag("--restart <string>", "Restart policy to apply when a container exits"),
  ],
  async run({ docker: { api }, flags, args }) {
    if (Object.keys(flags).length === 0) throw new Error("you must provide one or more flags when using this command");
    const request = updateRequest(flags);
    const warnings: string[] = [];
    try {
      await forEach(args, async (name) => {
        const path = `/containers/${encodeURIComponent(name)}/update`;
        warnings.push(...((await api.post<ContainerUpdateResponse>(path, { json: request })).Warnings ?? []));
      });
    } finally {
      for (const warning of warnings) printError(warning);
    }
  },
});

/** What is 0, the daemon leaves as it is. */
function updateRequest(flags: Flags): object {
  return {
    ...limits(flags),
    ...(flags.pidsLimit !== undefined && { PidsLimit: flags.pidsLimit }),
    RestartPolicy: flags.restart === undefined ? { Name: "", MaximumRetryCount: 0 } : parseRestart(flags.restart),
  };
}
