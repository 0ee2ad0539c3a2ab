/**
 * A client of the Registry HTTP API V2: requests to the servers of a repository, with who asks, redirects, and tries again.
 *
 *     GET /v2/library/busybox/manifests/latest     manifests.ts
 *     GET /v2/library/busybox/blobs/sha256:…       blobs.ts
 *     POST /v2/library/busybox/blobs/uploads/      uploads.ts
 *
 * pull.ts and push.ts make whole images of these.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.0.1/spec.md
 */
import { KindError, NotFound, PermissionDenied } from "@eras/oci-spec/errdefs.ts";
import { type Reference, repositoryName } from "@eras/oci-spec/reference.ts";
import { Authorizer, repositoryScope } from "./auth.ts";
import type { CredentialStore } from "./credentials.ts";
import { type Capability, type HostOptions, type RegistryHost, registryHosts } from "./hosts.ts";
import { type Answer, type Exchange, exchange } from "./http.ts";
import { answerError, NotAuthorized } from "./registry-error.ts";
import { RETRY, type RetryPolicy, retrying, Tries } from "./retry.ts";

export interface ClientOptions extends HostOptions {
  /** Who asks, by the server's name. Nobody in particular if not given: dockerCredentials() reads `docker login`'s. */
  readonly credentials?: CredentialStore;
  /** Told the identity token that a token server gives in exchange for a password, and asks for one. */
  readonly onIdentityToken?: (token: string) => void;
  /** What requests say of the program that makes them. */
  readonly userAgent?: string;
  readonly retry?: RetryPolicy;
  /** How long a server may keep silent, in milliseconds; 30 s if not given. */
  readonly silenceMs?: number;
  /** Ends everything that the client is doing. */
  readonly signal?: AbortSignal;
}

/** A request to a repository. */
export interface RepositoryRequest {
  readonly method: Exchange["method"];
  /** Below the repository: `manifests/latest`; or, where a server has said where to go on, the whole URL. */
  readonly target: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each time that it is sent. */
  readonly body?: () => Uint8Array | AsyncIterable<Uint8Array>;
  /** What else the request touches: of a mount, the repository to mount from. */
  readonly scopes?: readonly string[];
}

const DEFAULT_SILENCE_MS = 30_000;
const USER_AGENT = "docker-eras/0.1";
/** How often a server may ask who we are before it is believed that we are nobody to it: once new, once for a token that has expired. */
const MAX_CHALLENGES = 2;
const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Talks to registries. What it learns about who may do what, it keeps for its life. */
export class RegistryClient {
  readonly #options: ClientOptions;
  readonly #authorizers = new Map<string, Authorizer>();

  constructor(options: ClientOptions = {}) {
    this.#options = options;
  }

  /** The repository of a reference. @param action - What it is wanted for: tokens are asked for accordingly. */
  repository(reference: Reference, action: Capability): Repository {
    const hosts = registryHosts(reference.domain, this.#options);
    return new Repository(this, reference, action, hosts);
  }

  get signal(): AbortSignal | undefined {
    return this.#options.signal;
  }

  /** For a piece of work that is to be tried several times. */
  tries(): Tries {
    return new Tries(this.#options.retry ?? RETRY, this.#options.signal);
  }

  /** Sends a request to one server, and once more with what it asks for when it asks who we are. */
  async send(host: RegistryHost, url: URL, request: RepositoryRequest, scopes: readonly string[]): Promise<Answer> {
    const authorizer = this.#authorizer(host);
    for (let challenges = 0; ; challenges++) {
      const isHome = url.origin === new URL(host.api).origin;
      const authorization = isHome ? await header(authorizer, request.method, url, scopes) : undefined;
      const answer = await this.#follow(host, url, request, authorization);
      const isLast = answer.status !== 401 || challenges === MAX_CHALLENGES;
      if (isLast || !(await authorizer.learn(answer.headers["www-authenticate"], scopes, authorization))) return answer;
      answer.drop();
    }
  }

  /** Finds out whether a server is there, whatever it answers: GET /v2/. */
  async reach(host: RegistryHost): Promise<void> {
    const url = new URL(`${host.api}/`);
    const headers = { "user-agent": this.#userAgent };
    (await exchange({ method: "GET", url, headers, ...this.#connection(host) })).drop();
  }

  /** Goes where the answer sends, without saying there who we are: blobs often lie with somebody else. */
  async #follow(host: RegistryHost, start: URL, request: RepositoryRequest, authorization?: string): Promise<Answer> {
    let url = start;
    for (let redirects = 0; ; redirects++) {
      const isHome = url.origin === start.origin;
      const answer = await exchange({
        method: request.method,
        url,
        headers: {
          "user-agent": this.#userAgent,
          ...request.headers,
          ...(authorization !== undefined && isHome && { authorization }),
        },
        ...(request.body && { body: request.body() }),
        ...this.#connection(host),
      });
      const { location } = answer.headers;
      if (!REDIRECTS.has(answer.status) || location === undefined || redirects === MAX_REDIRECTS) return answer;
      answer.drop();
      url = new URL(location, url);
    }
  }

  #authorizer(host: RegistryHost): Authorizer {
    const known = this.#authorizers.get(host.api);
    if (known) return known;
    const credentials = this.#options.credentials ?? (async () => undefined);
    const { onIdentityToken } = this.#options;
    const made = new Authorizer(host.host, credentials, this.#connection(host), onIdentityToken);
    this.#authorizers.set(host.api, made);
    return made;
  }

  get #userAgent(): string {
    return this.#options.userAgent ?? USER_AGENT;
  }

  #connection({ tls }: RegistryHost): Pick<Exchange, "tls" | "silenceMs" | "signal"> {
    const { silenceMs = DEFAULT_SILENCE_MS, signal } = this.#options;
    return { tls, silenceMs, signal };
  }
}

/** @throws {NotAuthorized} When there is none for such a request. */
async function header(
  authorizer: Authorizer,
  method: string,
  url: URL,
  scopes: readonly string[],
): Promise<string | undefined> {
  try {
    return await authorizer.header(scopes);
  } catch (cause) {
    if (!(cause instanceof KindError)) throw cause; // nobody waits for it any more
    throw new NotAuthorized(method, url, cause);
  }
}

/** One repository, on the servers that have it. */
export class Repository {
  readonly client: RegistryClient;
  readonly reference: Reference;
  readonly #action: Capability;
  readonly #hosts: readonly RegistryHost[];

  constructor(client: RegistryClient, reference: Reference, action: Capability, hosts: readonly RegistryHost[]) {
    this.client = client;
    this.reference = reference;
    this.#action = action;
    this.#hosts = hosts.filter(({ capabilities }) => capabilities.includes(action));
  }

  /** `docker.io/library/busybox` */
  get name(): string {
    return repositoryName(this.reference);
  }

  /**
   * Asks the servers in turn until one says yes. That a mirror fails in whatever way is no failure: the registry itself comes last, and
   * what it says counts.
   *
   * @param isWanted - Which answers are a yes; 2xx if not given.
   * @throws A class of errdefs for the last server's no: NotFound, Unauthenticated, PermissionDenied, TryAgain …
   */
  ask(request: RepositoryRequest, isWanted = isSuccess): Promise<Answer> {
    return this.#inTurn((host) => this.#askHost(host, request, isWanted));
  }

  /** Finds out whether one of the servers is there. @throws {Unavailable} When none is. */
  reach(): Promise<void> {
    return this.#inTurn((host) => this.client.reach(host));
  }

  async #inTurn<Result>(attempt: (host: RegistryHost) => Promise<Result>): Promise<Result> {
    let failure: unknown = new NotFound(
      `Cannot ask for ${this.name}: no server of its registry is for ${this.#action}`,
    );
    for (const host of this.#hosts) {
      try {
        return await attempt(host);
      } catch (error) {
        if (this.client.signal?.aborted) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** Like `ask`, and again while it makes sense. For requests that may be sent twice. */
  askAgain(request: RepositoryRequest, isWanted = isSuccess): Promise<Answer> {
    return retrying(this.client.tries(), () => this.ask(request, isWanted));
  }

  async #askHost(
    host: RegistryHost,
    request: RepositoryRequest,
    isWanted: (answer: Answer) => boolean,
  ): Promise<Answer> {
    const url = this.#url(host, request.target);
    const scopes = [repositoryScope(this.reference.path, this.#action), ...(request.scopes ?? [])];
    const answer = await this.client.send(host, url, request, scopes);
    if (isWanted(answer)) return answer;
    throw await this.#refusal(`${request.method} ${url.href}`, answer);
  }

  /** Registries say 401 or 403 of what they won't admit to have. */
  async #refusal(what: string, answer: Answer): Promise<Error> {
    const error = await answerError(what, answer);
    if (answer.status !== 401 && answer.status !== 403) return error;
    const text = `${this.name}: pull access denied, repository does not exist or may require authorization`;
    if (this.#action === "push") return error;
    return new PermissionDenied(`${text}: ${error.message}`, { cause: error });
  }

  #url(host: RegistryHost, target: string | URL): URL {
    if (target instanceof URL) return target;
    const url = new URL(`${host.api}/${this.reference.path}/${target}`);
    if (host.namespace !== undefined) url.searchParams.set("ns", host.namespace);
    return url;
  }
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}
