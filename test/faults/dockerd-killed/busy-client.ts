/** A client that does one thing after the other with containers, volumes and images of its own, and writes down what it was told. */
import type { KnownContainer, Ledger } from "./ledger.ts";

export class BusyClient {
  readonly #ledger: Ledger;
  readonly #name: string;
  readonly #next: () => number;
  #count = 0;

  /** @param next - Random numbers from 0 up to 1. */
  constructor(ledger: Ledger, name: string, next: () => number) {
    this.#ledger = ledger;
    this.#name = name;
    this.#next = next;
  }

  /** Works until something fails, or it is told to stop. @returns What has failed. */
  async work(stop: AbortSignal): Promise<Error | undefined> {
    try {
      while (!stop.aborted) await this.#act();
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  #act(): Promise<void> {
    const mine = this.#ledger.containers.filter(({ isThere, names }) => isThere && names[0]!.startsWith(this.#name));
    const container = mine[Math.floor(this.#next() * mine.length)];
    if (!container || (mine.length < 3 && this.#next() < 0.3)) return this.#create();
    const chance = this.#next();
    if (chance < 0.12) return this.#remove(container);
    if (chance < 0.25) return this.#rename(container);
    if (chance < 0.35) return this.#volume();
    if (chance < 0.45) return this.#commit(container);
    if (!container.isRunning) return this.#start(container);
    return chance < 0.6 ? this.#stop(container) : this.#exec(container);
  }

  #newName(): string {
    return `${this.#name}-${this.#count++}`;
  }

  async #create(): Promise<void> {
    const name = this.#newName();
    this.#ledger.beingCreated.add(name);
    const volume = `of-${name}`;
    this.#ledger.volumes.set(volume, undefined);
    const HostConfig = { Binds: [`${volume}:/data`] };
    const { Id: id } = await this.#ledger.request("POST", `/containers/create?name=${name}`, {
      Image: "busybox",
      Cmd: ["sleep", "1000"],
      StopSignal: "SIGKILL",
      HostConfig,
    });
    this.#ledger.volumes.set(volume, true);
    this.#ledger.beingCreated.delete(name);
    this.#ledger.containers.push({ id, volume, names: [name], isThere: true, isRunning: false, pid: 0 });
  }

  async #start(container: KnownContainer): Promise<void> {
    container.isRunning = undefined;
    await this.#ledger.request("POST", `/containers/${container.id}/start`);
    container.pid = (await this.#ledger.request("GET", `/containers/${container.id}/json`)).State.Pid;
    container.isRunning = true;
  }

  async #stop(container: KnownContainer): Promise<void> {
    container.isRunning = undefined;
    await this.#ledger.request("POST", `/containers/${container.id}/stop?t=0`);
    container.isRunning = false;
  }

  async #remove(container: KnownContainer): Promise<void> {
    container.isThere = container.isRunning = undefined;
    await this.#ledger.request("DELETE", `/containers/${container.id}?force=1`);
    container.isThere = false;
  }

  async #rename(container: KnownContainer): Promise<void> {
    const name = this.#newName();
    container.names = [...container.names, name];
    await this.#ledger.request("POST", `/containers/${container.id}/rename?name=${name}`);
    container.names = [name];
  }

  /** Makes one, and removes one that no container has. */
  async #volume(): Promise<void> {
    const { volumes } = this.#ledger;
    const old = [...volumes].find(([name, isThere]) => isThere && name.startsWith(`free-${this.#name}`))?.[0];
    const name = `free-${this.#newName()}`;
    volumes.set(name, undefined);
    await this.#ledger.request("POST", "/volumes/create", { Name: name });
    volumes.set(name, true);
    if (old === undefined) return;
    volumes.set(old, undefined);
    await this.#ledger.request("DELETE", `/volumes/${old}`);
    volumes.set(old, false);
  }

  async #commit({ id }: KnownContainer): Promise<void> {
    const name = this.#newName();
    this.#ledger.images.set(name, undefined);
    await this.#ledger.request("POST", `/commit?container=${id}&repo=${name}`);
    this.#ledger.images.set(name, true);
  }

  async #exec({ id }: KnownContainer): Promise<void> {
    const { Id } = await this.#ledger.request("POST", `/containers/${id}/exec`, { Cmd: ["touch", "/data/file"] });
    await this.#ledger.request("POST", `/exec/${Id}/start`, { Detach: true });
  }
}
