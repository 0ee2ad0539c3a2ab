/**
 * A fresh world in which a chapter's commands run: state, addresses, bridge and cgroups of its own for both eras, and a working directory. The
 * reader types the same words in a clone.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removePlace } from "../../test/harness/remains.ts";
import { freeAddress } from "../../test/harness/era.ts";
import { runProgram, shellEnvironment } from "../../test/harness/run-program.ts";
import type { World } from "../book/command-block.ts";
import { CLONE } from "../paths.ts";

export class ChapterWorld {
  readonly dir = mkdtempSync(join(tmpdir(), "docker-eras-chapter-"));
  readonly env: NodeJS.ProcessEnv;
  readonly #cgroup: string;
  readonly #prepared = new Set<World>();

  private constructor([tcp, http, archive]: readonly string[]) {
    const name = this.dir.slice(-6).replace(/[^A-Za-z0-9]/g, "x");
    this.#cgroup = `docker-eras-${name}`;
    for (const folder of ["tmp", "bin"]) mkdirSync(join(this.dir, folder));
    const { PATH, HOME } = shellEnvironment();
    this.env = {
      HOME,
      PATH: `${join(this.dir, "bin")}:${join(CLONE, "bin")}:${PATH}`,
      TERM: "xterm",
      TMPDIR: join(this.dir, "tmp"),
      DOCKER: tcp,
      DOCKER_HOST: `unix://${this.dir}/2019/run/docker.sock`,
      ERAS_2013_ROOT: join(this.dir, "2013/state"),
      ERAS_2013_RUN: join(this.dir, "2013/run"),
      ERAS_2013_TCP: tcp,
      ERAS_2013_HTTP: http,
      ERAS_2013_ARCHIVE: archive,
      ERAS_2019_ROOT: join(this.dir, "2019/state"),
      ERAS_2019_RUN: join(this.dir, "2019/run"),
      ERAS_2019_BRIDGE: `eras${name}`,
      ERAS_2019_CGROUP: `/${this.#cgroup}`,
    };
    this.#writePnpm();
  }

  static async create(): Promise<ChapterWorld> {
    return new ChapterWorld([await freeAddress(), await freeAddress(), await freeAddress()]);
  }

  /** Where a block names an era, its daemon runs and has the image: neither is part of what the block shows. */
  async prepare(world: World): Promise<void> {
    if (world === "none" || this.#prepared.has(world)) return;
    this.#prepared.add(world);
    if (world === "2019") return void (await this.pnpm(["era:2019", "run", "--rm", "busybox", "true"]));
    await this.pnpm(["era:2013", "run", "-a", "busybox", "true"]);
    const ids = (await this.pnpm(["era:2013", "ps", "-a", "-q"])).split(/\s+/).filter(Boolean);
    await this.pnpm(["era:2013", "rm", ...ids]);
  }

  /** @returns What is still there after a clean-up by the project's own command. Empty if it does what it says. */
  async remove(): Promise<string[]> {
    for (const era of ["2013", "2019"]) await this.pnpm(["era", "clean", era]);
    const left = await removePlace({ dir: this.dir, cgroupParent: this.#cgroup });
    rmSync(this.dir, { recursive: true, force: true });
    return left;
  }

  /** @returns What it prints. @throws {Error} When it fails. */
  async pnpm(words: readonly string[]): Promise<string> {
    const { stdout, stderr, status } = await runProgram(join(this.dir, "bin/pnpm"), words, { env: this.env, cwd: CLONE });
    if (status !== 0) throw new Error(`pnpm ${words.join(" ")} failed: ${stderr}`);
    return stdout;
  }

  /** The scripts of package.json under pnpm's name, without its second of looking for something newer, and its line above each. */
  #writePnpm(): void {
    const { scripts } = JSON.parse(readFileSync(join(CLONE, "package.json"), "utf8")) as { scripts: Record<string, string> };
    const cases = Object.entries(scripts).map(([name, script]) => `${name}) shift; exec ${script} "$@" ;;`);
    const text = `#!/bin/sh\ncd ${CLONE}\nPATH=${CLONE}/node_modules/.bin:$PATH\ncase $1 in\n${cases.join("\n")}\nesac\necho "pnpm: no script $1" >&2\nexit 1\n`;
    writeFileSync(join(this.dir, "bin/pnpm"), text);
    chmodSync(join(this.dir, "bin/pnpm"), 0o755);
  }
}
