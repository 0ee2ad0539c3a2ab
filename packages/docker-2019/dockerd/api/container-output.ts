/** What a container prints, and prints from now on, for a client: attach and logs. */
import type { Duplex } from "node:stream";
import { Conflict, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { step } from "../../step.ts";
import { attach } from "../daemon/attach.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { checkDetachKeys } from "../daemon/detach-keys.ts";
import { checkLogs, sendLogs, sendPast } from "../daemon/logs.ts";
import type { ApiCall } from "./call.ts";
import { httpStatus } from "./http-status.ts";
import { parseTime } from "./time.ts";

const RAW_STREAM = "application/vnd.docker.raw-stream";

/** `docker attach`. It is refused in plain text, for the client expects no JSON. */
export async function attachTo(call: ApiCall, daemon: Daemon): Promise<void> {
  try {
    await call.passBody(); // else the connection is not wholly free
    await attachBy(call, daemon, { raw: false }, () => call.answer.hijack(RAW_STREAM, {}));
  } catch (error) {
    const client = call.answer.stream(httpStatus(error), { "Content-Type": RAW_STREAM });
    client.end(`${(error as Error).message}\r\n`);
  }
}

/** @param accept - Takes the connection over. */
export async function attachBy(
  { params, query }: ApiCall,
  daemon: Daemon,
  { raw }: { raw: boolean },
  accept: () => Duplex,
): Promise<void> {
  step("dockerd.attach", { name: params.name });
  const container = daemon.containers.get(params.name!);
  const { id, config, state } = container;
  if (state.isPaused) throw new Conflict(`container ${id} is paused, unpause the container before attach`);
  if (state.isRestarting) throw new Conflict(`container ${id} is restarting, wait until the container is running`);
  const wishes = {
    stdin: query.flag("stdin"),
    stdout: query.flag("stdout"),
    stderr: query.flag("stderr"),
    terminal: config.Tty ?? false,
    detachKeys: query.text("detachKeys"),
    raw: raw || (config.Tty ?? false),
  };
  checkDetachKeys(wishes.detachKeys, () => new InvalidArgument(`Invalid detach keys (${wishes.detachKeys}) provided`));
  const client = accept();
  daemon.publish("attach", container);
  if (query.flag("logs")) await sendPast(container, wishes, client);
  const closeStdin = config.StdinOnce ? () => daemon.containerd.closeStdin(id) : undefined;
  const isAttached = query.flag("stream") && (wishes.stdin || wishes.stdout || wishes.stderr);
  if (isAttached) await attach(container.streams, client, wishes, closeStdin);
  else client.end();
}

/** `docker logs` */
export async function logs({ params, query, answer, signal }: ApiCall, daemon: Daemon): Promise<void> {
  const container = daemon.containers.get(params.name!);
  const tail = query.text("tail");
  const options = {
    stdout: query.flag("stdout"),
    stderr: query.flag("stderr"),
    follow: query.flag("follow"),
    timestamps: query.flag("timestamps"),
    details: query.flag("details"),
    since: parseTime(query.text("since")),
    until: parseTime(query.text("until")) || undefined, // 0 is none
    tail: /^\d+$/.test(tail) ? Number(tail) : undefined,
  };
  checkLogs(container, options);
  await sendLogs(container, options, answer.stream(200, {}), signal);
}
