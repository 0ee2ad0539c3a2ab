/**
 * What a dockerd has acknowledged, and what it may or may not have done when it was killed meanwhile; held against what it knows later.
 *
 * Undefined is doubt: both answers are right.
 */
import { processExists } from "@eras/linux/proc.ts";
import { expect } from "vitest";
import { type EngineAnswer, engineRequest } from "../../harness/engine-request.ts";

export interface KnownContainer {
  readonly id: string;
  readonly volume: string;
  /** Those that it may have. */
  names: readonly string[];
  isThere: boolean | undefined;
  isRunning: boolean | undefined;
  /** Of its process, while it surely runs. */
  pid: number;
}

/** A volume or an image: by its name. */
type Known = Map<string, boolean | undefined>;

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
}

export class Ledger {
  readonly containers: KnownContainer[] = [];
  readonly volumes: Known = new Map();
  readonly images: Known = new Map();
  /** Names of containers whose creation is in doubt. */
  readonly beingCreated = new Set<string>();
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** @throws {Error} When dockerd refuses, or isn't there any more. */
  async request(method: string, path: string, body?: unknown): Promise<EngineAnswer["body"]> {
    const answer = await engineRequest(this.#socket, method, `/v1.40${path}`, body);
    if (answer.status >= 400) throw new Refused(`${method} ${path}: ${answer.status} ${answer.body?.message}`);
    return answer.body;
  }

  /** Expects of dockerd that it knows all this. Doubts are settled by what it says. @param livesOn - Whether what ran has to run. */
  async compare(livesOn: boolean): Promise<void> {
    const list: Listed[] = await this.request("GET", "/containers/json?all=1");
    for (const container of this.containers) await this.#compareOne(container, list, livesOn);
    for (const { Id, Names, State } of list.filter(({ Id }) => !this.containers.some(({ id }) => id === Id))) {
      expect([...this.beingCreated].map((name) => `/${name}`)).toContain(Names[0]);
      expect(State).toBe("created");
      await this.request("DELETE", `/containers/${Id}`);
    }
    this.beingCreated.clear();
    compareNames(
      this.volumes,
      (await this.request("GET", "/volumes")).Volumes.map(({ Name }: { Name: string }) => Name),
    );
    const images: { RepoTags: string[] | null }[] = await this.request("GET", "/images/json");
    compareNames(
      this.images,
      images.flatMap(({ RepoTags }) => RepoTags ?? []).map((tag) => tag.replace(/:latest$/, "")),
    );
  }

  async #compareOne(container: KnownContainer, list: readonly Listed[], livesOn: boolean): Promise<void> {
    const { id, names, isThere, isRunning, pid } = container;
    const found = list.find(({ Id }) => Id === id);
    if (isThere !== undefined) expect(found !== undefined, `${names} is there`).toBe(isThere);
    container.isThere = found !== undefined;
    if (!found) return;
    const [name] = found.Names.map((each) => each.slice(1));
    expect(names).toContain(name);
    container.names = [name!];
    if (found.State === "dead") return this.#removeAgain(container, isThere);
    const { State } = await this.request("GET", `/containers/${id}/json`);
    if (isRunning !== undefined) expect(State.Running, `${names} runs: ${found.State}`).toBe(isRunning && livesOn);
    if (isRunning && livesOn) expect({ pid: State.Pid, exists: processExists(pid) }).toEqual({ pid, exists: true });
    if (isRunning && !livesOn) expect(processExists(pid)).toBe(false);
    container.isRunning = State.Running;
    container.pid = State.Pid;
  }

  /** Somebody was at it. */
  async #removeAgain(container: KnownContainer, isThere: boolean | undefined): Promise<void> {
    expect(isThere).toBe(undefined);
    await this.request("DELETE", `/containers/${container.id}`);
    container.isThere = false;
  }
}

/** dockerd has answered, and said no. */
export class Refused extends Error {}

function compareNames(known: Known, there: readonly string[]): void {
  for (const [name, isThere] of known) {
    if (isThere !== undefined) expect(there.includes(name), `${name} is there`).toBe(isThere);
    known.set(name, there.includes(name));
  }
}
