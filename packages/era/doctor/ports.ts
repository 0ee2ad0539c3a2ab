/** The addresses that 2013 listens on. */
import { createServer } from "node:net";
import { archiveServer } from "../archive.ts";
import { findBackground } from "../background.ts";
import { dockerd } from "../dockerd.ts";
import { parseAddress, type World } from "../world.ts";
import { type Check, judge } from "./check.ts";

export async function portChecks(world: World): Promise<Check[]> {
  const ports = [
    { address: world.tcp, neededBy: "rcli", variable: "ERAS_2013_TCP", required: true, program: dockerd(world) },
    {
      address: world.http,
      neededBy: "rcli over HTTP",
      variable: "ERAS_2013_HTTP",
      required: true,
      program: dockerd(world),
    },
    {
      address: world.archive,
      neededBy: "docker pull",
      variable: "ERAS_2013_ARCHIVE",
      required: false,
      program: archiveServer(world),
    },
  ];
  return Promise.all(
    ports
      .filter(({ address }) => address !== "")
      .map(async ({ address, neededBy, variable, required, program }) => {
        const ours = findBackground(world, program) !== undefined;
        const problem = ours ? undefined : await portProblem(address);
        const remedy = `stop what uses it (ss -ltnp), or name another address in ${variable}`;
        return judge({ capability: `port ${address}`, neededBy, required, remedy }, problem, ours ? "ours" : "free");
      }),
  );
}

/** Tries to listen. */
function portProblem(address: string): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "EADDRINUSE" ? "in use" : String(error.code)),
    );
    server.listen(parseAddress(address), () => server.close(() => resolve(undefined)));
  });
}
