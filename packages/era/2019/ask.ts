/** Asks the daemon of 2019, in as few words of HTTP as it takes: node:http would cost each run twenty milliseconds. */
import { connect } from "node:net";
import { isErrno } from "@eras/linux/errno.ts";
import { socketPath, type World2019 } from "./world.ts";

/** Of a client that asks it. */
export const clientEnvironment = (world: World2019): NodeJS.ProcessEnv => ({
  ...process.env,
  DOCKER_HOST: `unix://${socketPath(world)}`,
});

export const daemonAnswers = async (world: World2019): Promise<boolean> => (await statusOf(world, "/_ping")) === 200;

/** False also when there is no daemon. */
export const hasImage = async (world: World2019, name: string): Promise<boolean> =>
  (await statusOf(world, `/images/${name}/json`)) === 200;

/** @returns Undefined when nobody listens. */
async function statusOf(world: World2019, path: string): Promise<number | undefined> {
  const socket = connect(socketPath(world)).setEncoding("latin1");
  socket.write(`GET ${path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n`);
  let answer = "";
  try {
    for await (const chunk of socket) answer += chunk;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ECONNREFUSED")) return undefined;
    throw error;
  }
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}
