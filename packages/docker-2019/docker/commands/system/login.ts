import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { isatty } from "node:tty";
import type { AuthConfig, AuthResponse } from "../../../engine-api/auth.ts";
import { DaemonError, readText } from "../../api-client.ts";
import { booleanFlag, flag, leaf } from "../../command.ts";
import { type CredentialStore, credentialStore, FileStore, storedAuth } from "../../credentials/credential-store.ts";
import { serverNamed } from "../../credentials/registry-server.ts";
import { print, printError, STDOUT, write } from "../../output/print.ts";
import type { Session } from "../../session.ts";

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
  async run({ docker, flags, args: [given = ""] }) {
    const server = serverNamed(given);
    const store = credentialStore(docker.config, server);
    const words = await wordsOf(flags);
    const { auth, answer } = (await logInAgain(docker, words, store, server)) ?? (await logIn(docker, words, server));
    const { IdentityToken: identitytoken, Status } = answer;
    if (store instanceof FileStore && !identitytoken && auth.password) printError(unencrypted(docker.config.path));
    try {
      store.store(server, { ...auth, ...(identitytoken && { identitytoken }) });
    } catch (cause) {
      throw new Error(`Error saving credentials: ${(cause as Error).message}`, { cause });
    }
    if (Status) print(Status);
  },
});

/** What has been said of oneself; empty is what hasn't. */
interface Words {
  readonly username: string;
  readonly password: string;
}

interface LoggedIn {
  readonly auth: AuthConfig;
  readonly answer: AuthResponse;
}

function unencrypted(path: string): string {
  return `WARNING! Your password will be stored unencrypted in ${path}.
Configure a credential helper to remove this warning. See
https://docs.docker.com/engine/reference/commandline/login/#credentials-store
`;
}

async function wordsOf(flags: Flags): Promise<Words> {
  const { username = "", password = "", passwordStdin } = flags;
  if (password !== "") printError("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
  if (passwordStdin) return { username: nameBesideStdin(flags), password: await passwordFromStdin() };
  return { username, password };
}

/** As who one was before. @returns Undefined when nobody is stored, or not any more welcome. */
async function logInAgain(
  docker: Session,
  { username, password }: Words,
  store: CredentialStore,
  server: string,
): Promise<LoggedIn | undefined> {
  if (username !== "" || password !== "") return undefined;
  const auth = storedAuth(store, server);
  if (!auth.username || !auth.password) return undefined;
  print("Authenticating with existing credentials...");
  try {
    return { auth, answer: await ask(docker, auth) };
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    printError(`Login did not succeed, error: ${error.message}`);
    return undefined;
  }
}

async function logIn(docker: Session, { username, password }: Words, server: string): Promise<LoggedIn> {
  if (password === "" && !isatty(STDIN))
    throw new Error("Error: Cannot perform an interactive login from a non TTY device");
  const auth = {
    username: username || (await question("Username: ")) || missing("Error: Non-null Username Required"),
    password: password || (await hiddenQuestion("Password: ")) || missing("Error: Password Required"),
    serveraddress: server,
  };
  return { auth, answer: await ask(docker, auth) };
}

function ask({ api }: Session, auth: AuthConfig): Promise<AuthResponse> {
  return api.post<AuthResponse>("/auth", { json: auth });
}

function missing(message: string): never {
  throw new Error(message);
}

function nameBesideStdin({ username, password }: Flags): string {
  if (password) throw new Error("--password and --password-stdin are mutually exclusive");
  if (!username) throw new Error("Must provide --username with --password-stdin");
  return username;
}

async function passwordFromStdin(): Promise<string> {
  return (await readText(process.stdin)).replace(/\r?\n$/, "");
}

async function question(text: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await lines.question(text)).trim();
  } finally {
    lines.close();
  }
}

/** What is typed is not shown. */
async function hiddenQuestion(text: string): Promise<string> {
  write(STDOUT, text);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    write(STDOUT, "\n");
  }
}
