/**
 * A token server, such as Docker Hub has one: it gives whoever knows the password a token, signed so that a registry believes it.
 *
 * @see https://docs.docker.com/registry/spec/auth/jwt/
 */
import { execFileSync } from "node:child_process";
import { createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { RegistryAuth } from "../genuine/registry.ts";

const ISSUER = "docker-eras test";
const SERVICE = "registry.test";
/** An identity token that it takes in the place of a password. */
export const IDENTITY_TOKEN = "let me in again";

export class TokenServer {
  /** The scopes for which tokens have been asked, one request each. */
  readonly asked: string[] = [];
  /** How long tokens are good for, as far as the registry is concerned. */
  lifeS = 300;
  readonly #server: Server;
  readonly #dir: string;
  readonly #passwords: ReadonlyMap<string, string>;

  private constructor(dir: string, passwords: ReadonlyMap<string, string>) {
    this.#dir = dir;
    this.#passwords = passwords;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** @param passwords - By user. Without one, a token is for reading `public/…` only. */
  static async start(dir: string, passwords: ReadonlyMap<string, string>): Promise<TokenServer> {
    const subject = ["-subj", "/CN=tokens", "-days", "2"];
    const files = ["-keyout", join(dir, "key.pem"), "-out", join(dir, "certificate.pem")];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject, ...files], {
      stdio: "ignore",
    });
    const server = new TokenServer(dir, passwords);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  /** What a registry must know to send its clients here. */
  get auth(): RegistryAuth {
    const { port } = this.#server.address() as { port: number };
    const certificate = join(this.#dir, "certificate.pem");
    return { realm: `http://127.0.0.1:${port}/token`, issuer: ISSUER, service: SERVICE, certificate };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { searchParams } = new URL(request.url!, "http://x");
    const form = new URLSearchParams(await text(request));
    const scopes = request.method === "POST" ? form.get("scope")!.split(" ") : searchParams.getAll("scope");
    this.asked.push(scopes.join(" "));
    const user = this.#userOf(request, form);
    if (user === undefined) return void response.writeHead(401).end();
    const token = this.#sign(
      user,
      scopes.map((scope) => allowed(scope, user)),
    );
    response.writeHead(200, { "content-type": "application/json" });
    const lasting = searchParams.get("offline_token") === "true" && { refresh_token: IDENTITY_TOKEN };
    response.end(JSON.stringify({ token, expires_in: 300, ...lasting }));
  }

  /** @returns The empty string for nobody in particular, undefined for a wrong password. */
  #userOf({ headers, method }: IncomingMessage, form: URLSearchParams): string | undefined {
    if (method === "POST") return form.get("refresh_token") === IDENTITY_TOKEN ? "identified" : undefined;
    if (headers.authorization === undefined) return "";
    const [user = "", password] = Buffer.from(headers.authorization.replace("Basic ", ""), "base64")
      .toString()
      .split(":");
    return this.#passwords.get(user) === password ? user : undefined;
  }

  #sign(user: string, access: readonly object[]): string {
    const certificate = new X509Certificate(readFileSync(join(this.#dir, "certificate.pem")));
    const now = Math.floor(Date.now() / 1000);
    const header = { typ: "JWT", alg: "RS256", x5c: [certificate.raw.toString("base64")] };
    const exp = now + this.lifeS;
    const claims = { iss: ISSUER, sub: user, aud: SERVICE, exp, nbf: now - 60, iat: now, jti: randomUUID(), access };
    const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    const key = createPrivateKey(readFileSync(join(this.#dir, "key.pem")));
    return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
  }
}

/** `repository:NAME:pull,push` as the claim that grants it, or the part of it that this user may have. */
function allowed(scope: string, user: string): object {
  const [type, name = "", actions = ""] = scope.split(":");
  const mayPull = user !== "" || name.startsWith("public/");
  const granted = actions.split(",").filter((action) => (action === "pull" ? mayPull : user !== ""));
  return { type, name, actions: granted };
}
