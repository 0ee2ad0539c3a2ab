/** Makes docker's standard streams those of a container. */
import { isatty } from "node:tty";
import { step } from "../../step.ts";
import type { Hijacked } from "../api-client.ts";
import type { Session } from "../session.ts";
import { type Carriage, carry, Detached } from "../stream/carry.ts";

const STDOUT = 1;

export interface Attached {
  /** Fulfilled when there is no more output; rejected when the user has detached. */
  readonly ended: Promise<void>;
}

/** From here on no output is missed. Nothing is attached when `how` wants no stream. */
export async function attachStreams(docker: Session, id: string, how: Carriage): Promise<Attached> {
  if (!how.stdin && !how.stdout && !how.stderr) return { ended: Promise.resolve() };
  const ended = carry(await requestStreams(docker, id, how), how);
  ended.catch(() => {}); // whoever has attached awaits it in the end
  return { ended };
}

function requestStreams(
  { api }: Session,
  id: string,
  { stdin, stdout, stderr, detachKeys }: Carriage,
): Promise<Hijacked> {
  step("docker.attach", { id, stdin, stdout, stderr });
  const query = {
    stream: 1,
    stdin: one(stdin),
    stdout: one(stdout),
    stderr: one(stderr),
    detachKeys: detachKeys || undefined,
  };
  return api.hijack(`/containers/${id}/attach`, { query });
}

function one(wanted: boolean): 1 | undefined {
  return wanted ? 1 : undefined;
}

/** The container's terminal becomes as large as ours, now and later. */
export async function followOurSize({ api }: Session, path: string): Promise<void> {
  if (!isatty(STDOUT)) return;
  const { followSize } = await import("../stream/terminal.ts");
  await followSize(api, path, STDOUT);
}

/** @returns Whether the streams have ended by themselves, and not because the user has detached. */
export async function untilEnd({ ended }: Attached): Promise<boolean> {
  try {
    await ended;
    return true;
  } catch (error) {
    if (error instanceof Detached) return false;
    throw error;
  }
}

/** Said by the flag, or else by the user's config file. */
export async function chosenDetachKeys(docker: Session, flag: string | undefined): Promise<string> {
  return flag ?? docker.config.content.detachKeys ?? "";
}
