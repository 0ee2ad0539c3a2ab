/** Many containers: made and removed, running together, run at the same time. Each function returns its complaints. */
import { Slots } from "@eras/registry-client/slots.ts";
import type { Dockerd2019 } from "../../harness/dockerd-2019.ts";
import { type EngineAnswer, engineRequest } from "../../harness/engine-request.ts";

const AT_ONCE = 10;

/** Creates containers, looks whether all are there, and removes them. */
export async function createAndRemove(dockerd: Dockerd2019, count: number): Promise<string[]> {
  const created = await each(range(count), () => create(dockerd));
  const complaints = [...failures(created, 201), ...(await missing(dockerd, created, "all=1"))];
  return [...complaints, ...(await removeEach(dockerd, created))];
}

/** Has containers run together, looks whether they do, and removes them. @param whileTheyRun - Done meanwhile. */
export async function runTogether(
  dockerd: Dockerd2019,
  count: number,
  whileTheyRun: () => void = () => {},
): Promise<string[]> {
  const created = await each(range(count), () => create(dockerd));
  const started = await each(created, ({ body }) => post(dockerd, `/containers/${body.Id}/start`));
  const complaints = [...failures(started, 204), ...(await missing(dockerd, created, ""))];
  whileTheyRun();
  return [...complaints, ...(await removeEach(dockerd, created))];
}

/** Has as many clients run a container at the same time, each of which prints its own number. @param docker - The client. */
export async function runAtOnce(dockerd: Dockerd2019, count: number, docker: string): Promise<string[]> {
  const runs = range(count).map(async (number) => {
    const said = await dockerd.docker(["run", "--rm", "busybox", "echo", `number ${number}`], undefined, docker);
    return said.stdout === `number ${number}\n` && said.status === 0 ? [] : [`run ${number}: ${JSON.stringify(said)}`];
  });
  return (await Promise.all(runs)).flat();
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function each<Item, Result>(items: readonly Item[], act: (item: Item) => Promise<Result>): Promise<Result[]> {
  const slots = new Slots(AT_ONCE);
  return Promise.all(items.map((item) => slots.run(() => act(item))));
}

function create(dockerd: Dockerd2019): Promise<EngineAnswer> {
  return post(dockerd, "/containers/create", { Image: "busybox", Cmd: ["sleep", "1000000"] });
}

function post({ socket }: Dockerd2019, path: string, body?: object): Promise<EngineAnswer> {
  return engineRequest(socket, "POST", `/v1.40${path}`, body);
}

function failures(answers: readonly EngineAnswer[], expected: number): string[] {
  return answers
    .filter(({ status }) => status !== expected)
    .map(({ status, body }) => `${status} instead of ${expected}: ${JSON.stringify(body)}`);
}

async function missing({ socket }: Dockerd2019, created: readonly EngineAnswer[], query: string): Promise<string[]> {
  const { body } = await engineRequest(socket, "GET", `/v1.40/containers/json?${query}`);
  const listed = new Set((body as { Id: string }[]).map(({ Id }) => Id));
  return created.filter(({ body }) => !listed.has(body.Id)).map(({ body }) => `not listed: ${JSON.stringify(body)}`);
}

async function removeEach({ socket }: Dockerd2019, created: readonly EngineAnswer[]): Promise<string[]> {
  const remove = ({ body }: EngineAnswer) => engineRequest(socket, "DELETE", `/v1.40/containers/${body.Id}?force=1`);
  return failures(await each(created, remove), 204);
}
