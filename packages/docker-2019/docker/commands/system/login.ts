import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { isatty } from "node:tty";
import type { AuthConfig, AuthResponse } from "../../../engine-api/auth.ts";
import { readText } from "../../api-client.ts";
import { booleanFlag, flag, leaf } from "../../command.ts";
import { HUB_SERVER } from "../../container/pull.ts";
import { print, printError, STDOUT, write } from "../../output/print.ts";

interface Flags {
  readonly password?: string;
  readonly passwordStdin: boolean;
  readonly username?: string;
}

const STDIN = 0;

export const login = leaf<Flags>({
  usage: "[OPTIONS] [SERVER]",
  description: "Log in to a Docker registry.\nIf no server is specified, the default is defined by the daemon.",
  arguments: { min: 0, max: 1 },
  options: [
    flag("-p, --password <string>", "Password"),
    booleanFlag("--password-stdin", "Take the password from stdin"),
    flag("-u, --username <string>", "Username"),
  ],
  async run({ docker, flags, args: [server = HUB_SERVER] }) {
    const config = await docker.config();
    const auth = { ...(await credentials(flags, config.auth(server))), serveraddress: server };
    const { IdentityToken, Status } = await docker.api.post<AuthResponse>("/auth", { json: auth });
    config.storeAuth(server, { ...auth, ...(IdentityToken && { identitytoken: IdentityToken }) });
    printError(`WARNING! Your password will be stored unencrypted in ${config.path}.`);
    if (Status) print(Status);
  },
});

/** From the flags; or what is stored; or asked for. */
async function credentials(flags: Flags, stored: AuthConfig): Promise<AuthConfig> {
  if (flags.passwordStdin) return { username: nameBesideStdin(flags), password: await passwordFromStdin() };
  const { username, password } = flags;
  if (password !== undefined) printError("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
  if (username === undefined && password === undefined && stored.username !== undefined) return stored;
  if (username !== undefined && password !== undefined) return { username, password };
  if (!isatty(STDIN)) throw new Error("Error: Cannot perform an interactive login from a non TTY device");
  return { username: username ?? (await ask("Username: ")), password: password ?? (await askHidden("Password: ")) };
}

function nameBesideStdin({ username, password }: Flags): string {
  if (password !== undefined) throw new Error("--password and --password-stdin are mutually exclusive");
  if (!username) throw new Error("Must provide --username with --password-stdin");
  return username;
}

async function passwordFromStdin(): Promise<string> {
  return (await readText(process.stdin)).replace(/\r?\n$/, "");
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await lines.question(question)).trim();
  } finally {
    lines.close();
  }
}

/** What is typed is not shown. */
async function askHidden(question: string): Promise<string> {
  write(STDOUT, question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    write(STDOUT, "\n");
  }
}
