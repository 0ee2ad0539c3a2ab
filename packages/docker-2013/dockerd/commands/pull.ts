/** `docker pull` and `put`: where images come from. Both unpack one tar into one layer; they differ in who sends it. */
import { Readable, type Writable } from "node:stream";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

/** A download that takes longer tells how far it is, this often. */
const PROGRESS_MS = 2000;
const MEGABYTE = 1_000_000;

/** There was no registry yet: an image is a tar somewhere on the web, and its URL is its name. */
export async function CmdPull(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(stdout, "pull", "URL", "Make an image of the tar at URL, and call it by its URL");
  if (!flags.parse(args)) return;
  const [url] = flags.args;
  if (url === undefined) throw new Error("Not enough arguments");
  const image = await this.images.import(url, await download(url, stdout));
  stdout.write(`${image.Id}\n`);
}

export async function CmdPut(this: Server, stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(stdout, "put", "NAME", "Make an image called NAME of the tar on stdin");
  if (!flags.parse(args)) return;
  const [name] = flags.args;
  if (name === undefined) throw new Error("Not enough arguments");
  const image = await this.images.import(name, stdin);
  stdout.write(`${image.Id}\n`);
}

async function download(url: string, output: Writable): Promise<AsyncIterable<Buffer>> {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new Error(`Cannot pull "${url}": it is not a complete http:// or https:// URL`);
  const response = await fetch(url).catch((error) => {
    throw new Error(`Cannot pull ${url}: ${error.cause?.message ?? error.message}`, { cause: error });
  });
  if (!response.ok || !response.body)
    throw new Error(`Cannot pull ${url}: the server answers ${response.status} ${response.statusText}`);
  const total = Number(response.headers.get("content-length"));
  return withProgress({ url, body: Readable.fromWeb(response.body), total }, output);
}

interface Download {
  url: string;
  body: Readable;
  /** In bytes; 0 if the server doesn't say. */
  total: number;
}

async function* withProgress({ url, body, total }: Download, output: Writable): AsyncGenerator<Buffer> {
  let received = 0;
  const soFar = () => `${inMegabytes(received)}${total > 0 ? ` of ${inMegabytes(total)}` : ""} MB`;
  const timer = setInterval(() => output.write(`${soFar()}\r\n`), PROGRESS_MS);
  try {
    for await (const chunk of body) {
      received += chunk.length;
      yield Buffer.from(chunk);
    }
  } catch (error) {
    throw new Error(`Cannot pull ${url}: the connection broke off after ${soFar()}`, { cause: error });
  } finally {
    clearInterval(timer);
  }
}

const inMegabytes = (bytes: number) => (bytes / MEGABYTE).toFixed(1);
