/**
 * The packet filter, by the programs iptables-save and iptables-restore. They come in two kinds, for the kernel's nf_tables and for the older
 * x_tables; which one is the host's affair, and the words are the same.
 *
 * Our chains are always filled anew as a whole, and a table at a time takes effect at once: no packet meets half of the rules, and what somebody
 * else has flushed is there again with the next change. Changes that come while one is made are made together.
 *
 * @see https://man7.org/linux/man-pages/man8/iptables-restore.8.html
 */
import { isErrno } from "@eras/linux/errno.ts";
import { spawnChild } from "@eras/linux/exec.ts";
import { step } from "../../step.ts";
import { chainPrefix, chains, jumps, type Ruleset, rules, TABLES, type Table, userChain } from "./rules.ts";

/** The kernel has one lock for all; how many seconds to wait for whoever holds it. */
const WAIT_SECONDS = "10";

/** A rule of ours, as `iptables -A` takes it. */
export interface FilterRule {
  readonly table: Table;
  readonly rule: string;
  /** What it has matched since it was written. */
  readonly packets?: number;
  readonly bytes?: number;
}

export class Firewall {
  readonly #device: string;
  #wanted: Ruleset | undefined;
  #applying: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(device: string) {
    this.#device = device;
  }

  /** @returns undefined where there is no iptables. */
  static async find(device: string): Promise<Firewall | undefined> {
    try {
      await run("iptables-restore", ["--version"]);
      return new Firewall(device);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  /** Makes these the rules. @throws {Error} With iptables' own words when it refuses. */
  apply(ruleset: Ruleset): Promise<void> {
    this.#wanted = ruleset;
    this.#next ??= (this.#applying ?? Promise.resolve())
      .catch(() => {})
      .then(() => {
        this.#applying = this.#next;
        this.#next = undefined;
        return this.#write(this.#wanted!);
      });
    return this.#next;
  }

  /** What the names of all chains begin with. */
  get prefix(): string {
    return chainPrefix(this.#device);
  }

  /** The rules as they were written last: the jumps to our chains, and what is in those. */
  rules(): FilterRule[] {
    if (!this.#wanted) return [];
    const [outer, inner] = [jumps(this.#device), rules(this.#wanted)];
    return TABLES.flatMap((table) => [...outer[table], ...inner[table]].map((rule) => ({ table, rule })));
  }

  /** The same, as they are in the kernel, and what each has counted. */
  async countedRules(): Promise<FilterRule[]> {
    const saved = await savedTables("--counters");
    return TABLES.flatMap((table) => saved[table].flatMap((line) => countedRule(table, line, this.prefix)));
  }

  async #write(ruleset: Ruleset): Promise<void> {
    step("dockerd.write-rules", { ports: ruleset.ports.length });
    const saved = await savedTables();
    await restore(TABLES.map((table) => batch(table, this.#device, saved[table], ruleset)));
  }

  /** Takes all that is ours away, also of a daemon that was killed. */
  async remove(): Promise<void> {
    await this.#next?.catch(() => {});
    await this.#applying?.catch(() => {});
    const saved = await savedTables();
    await restore(TABLES.map((table) => removal(table, this.#device, saved[table])));
  }

  /** What is to become of packets to be passed on that no rule speaks of. */
  async setForwardPolicy(policy: "ACCEPT" | "DROP"): Promise<void> {
    await run("iptables", ["--wait", WAIT_SECONDS, "--policy", "FORWARD", policy]);
  }
}

/** A table for iptables-restore. To name a chain makes it, or empties it. */
function batch(table: Table, device: string, saved: readonly string[], ruleset: Ruleset): string[] {
  const there = new Set(saved);
  const user = userChain(device);
  const isNew = table === "filter" && !saved.some((line) => line.startsWith(`:${user} `));
  return [
    `*${table}`,
    ...chains(device)[table].map((chain) => `:${chain} - [0:0]`),
    ...(isNew ? [`:${user} - [0:0]`, `-A ${user} -j RETURN`] : []),
    ...rules(ruleset)[table].map((rule) => `-A ${rule}`),
    ...jumps(device)
      [table].filter((rule) => !there.has(`-A ${rule}`))
      .map((rule) => `-I ${rule}`),
    "COMMIT",
  ];
}

/** First whatever leads to our chains, then what is in them, then they. */
function removal(table: Table, device: string, saved: readonly string[]): string[] {
  const ours = [...chains(device)[table], ...(table === "filter" ? [userChain(device)] : [])];
  const there = ours.filter((chain) => saved.some((line) => line.startsWith(`:${chain} `)));
  const leading = saved.filter((line) => line.startsWith("-A ") && !ours.includes(line.split(" ")[1]!));
  const deleted = leading.filter((line) => ours.some((chain) => line.endsWith(` -j ${chain}`)));
  return [
    `*${table}`,
    ...deleted.map((line) => line.replace("-A ", "-D ")),
    ...there.map((chain) => `-F ${chain}`),
    ...there.map((chain) => `-X ${chain}`),
    "COMMIT",
  ];
}

async function restore(tables: readonly (readonly string[])[]): Promise<void> {
  const input = tables
    .flat()
    .map((line) => `${line}\n`)
    .join("");
  await run("iptables-restore", ["--noflush", "--wait", WAIT_SECONDS], input);
}

/** @param flags - `--counters`. */
async function savedTables(...flags: readonly string[]): Promise<Record<Table, readonly string[]>> {
  const lines = (await run("iptables-save", flags)).split("\n");
  const of = (table: Table) => {
    const start = lines.indexOf(`*${table}`);
    return start === -1 ? [] : lines.slice(start, lines.indexOf("COMMIT", start));
  };
  return { nat: of("nat"), filter: of("filter") };
}

/** `[3:180] -A ERAS2019 …` */
const COUNTED = /^\[(\d+):(\d+)\] -A (.*)$/;

/** @returns Nothing of a line that is no rule of ours. */
function countedRule(table: Table, line: string, prefix: string): FilterRule[] {
  const [, packets, bytes, rule = ""] = COUNTED.exec(line) ?? [];
  const isOurs = rule.split(" ").some((word) => word === prefix || word.startsWith(`${prefix}-`));
  return isOurs ? [{ table, rule, packets: Number(packets), bytes: Number(bytes) }] : [];
}

/** @returns What the program printed. @throws {Error} With its own words. */
async function run(program: string, args: readonly string[], input = ""): Promise<string> {
  const child = spawnChild(program, args, { stdio: "pipe" });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream]?.setEncoding("utf8").on("data", (text: string) => (output[stream] += text));
  child.stdin?.on("error", () => {}); // it ends before it has read its input, and says why
  child.stdin?.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      if (status === 0) resolve(output.stdout);
      else
        reject(
          new Error(
            `${program} failed: ${[program, ...args].join(" ")}: ${output.stderr.trim()} (exit status ${status})`,
          ),
        );
    });
  });
}
