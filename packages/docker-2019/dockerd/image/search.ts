/**
 * `docker search`: GET /images/search
 *
 *     busybox                    https://index.docker.io/v1/search?q=busybox&n=25
 *     localhost:5000/busybox     http://localhost:5000/v1/search?q=busybox&n=25       the registry's own index, if it has one
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/registry/service.go
 */
import { boolean, integer, list, object, string, text } from "@eras/oci-spec/check.ts";
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";
import { validate } from "@eras/oci-spec/findings.ts";
import { parseDocument } from "@eras/oci-spec/image/parse-document.ts";
import { registryHosts } from "@eras/registry-client/hosts.ts";
import { exchange } from "@eras/registry-client/http.ts";
import type { ImageSearchResult } from "../../engine-api/image.ts";
import { dialText } from "./dial-error.ts";
import { booleanFilter, checkFilters, type Filters } from "./filters.ts";

const HUB_INDEX = "https://index.docker.io/v1";
const ACCEPTED = ["is-automated", "is-official", "stars"];
const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;
const MAX_ANSWER_BYTES = 4 << 20;
const SILENCE_MS = 30_000;

/** What isn't said is nothing, or no. */
type Found = Pick<ImageSearchResult, "name"> & Partial<ImageSearchResult>;

interface SearchAnswer {
  readonly results?: readonly Found[];
}

export interface SearchOptions {
  readonly limit?: number | undefined;
  readonly userAgent?: string;
}

const searchAnswer = object<SearchAnswer>(
  {},
  {
    results: list(
      object<Found>(
        { name: string },
        { description: text, star_count: integer(0), is_official: boolean, is_automated: boolean },
      ),
    ),
  },
);

/**
 * Searches the index of a registry, Docker Hub's unless the term begins with another.
 *
 * @throws {InvalidArgument} `Limit 0 is outside the range of [1, 100]`; for a filter. {Unknown} When the index doesn't answer.
 */
export async function searchImages(
  term: string,
  filters: Filters,
  { limit = DEFAULT_LIMIT, userAgent }: SearchOptions = {},
): Promise<ImageSearchResult[]> {
  checkFilters(filters, ACCEPTED);
  if (!(limit >= 1 && limit <= MAX_LIMIT))
    throw new InvalidArgument(`Limit ${limit} is outside the range of [1, ${MAX_LIMIT}]`);
  const [isOfficial, isAutomated] = ["is-official", "is-automated"].map((name) => booleanFilter(filters, name));
  const stars = (filters.stars ?? []).map(starsOf);
  const results = await ask(term, limit, userAgent ? { "user-agent": userAgent } : {});
  return results.filter(
    (one) =>
      (isOfficial ?? one.is_official) === one.is_official &&
      (isAutomated ?? one.is_automated) === one.is_automated &&
      stars.every((least) => one.star_count >= least),
  );
}

function starsOf(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgument(`Invalid filter 'stars=${value}'`);
  return Number(value);
}

async function ask(
  term: string,
  limit: number,
  headers: Readonly<Record<string, string>>,
): Promise<ImageSearchResult[]> {
  const { index, query } = indexOf(term);
  const url = new URL(`${index}/search`);
  url.search = new URLSearchParams({ q: query, n: `${limit}` }).toString();
  const answer = await exchange({ method: "GET", url, headers, tls: {}, silenceMs: SILENCE_MS }).catch(
    async (error) => {
      throw await noIndex(index, url, error);
    },
  );
  if (answer.status !== 200) {
    answer.drop();
    throw new Unknown(`Unexpected status code ${answer.status}`);
  }
  const document = parseDocument(await answer.bytes(MAX_ANSWER_BYTES), "search results");
  const { results = [] } = validate(searchAnswer, document, "search results").value;
  const nothing = { description: "", star_count: 0, is_official: false, is_automated: false };
  return results.map((one) => ({ ...nothing, ...one }));
}

/** In the words of the original, which asks another registry first whether it is there. */
async function noIndex(index: string, url: URL, cause: Error): Promise<Error> {
  const dial = await dialText(cause);
  if (dial === undefined) return cause;
  if (index === HUB_INDEX) return new Unknown(`Get "${url.href}": ${dial}`, { cause });
  const { host, protocol } = url;
  const attempt = (scheme: string) => `Get "${scheme}://${host}/v1/_ping": ${dial}`;
  if (protocol === "http:")
    return new Unknown(
      `invalid registry endpoint "${index}/". HTTPS attempt: ${attempt("https")}. HTTP attempt: ${attempt("http")}`,
      { cause },
    );
  const advice = [
    `If this private registry supports only HTTP or HTTPS with an unknown CA certificate, please add \`--insecure-registry ${host}\` to the daemon's arguments.`,
    `In the case of HTTPS, if you have access to the registry's CA certificate, no need for the flag; simply place the CA certificate at /etc/docker/certs.d/${host}/ca.crt`,
  ];
  return new Unknown(`invalid registry endpoint ${index}/: ${[`${attempt("https")}.`, ...advice].join(" ")}`, {
    cause,
  });
}

/** A first component that is a host names another registry. */
function indexOf(term: string): { readonly index: string; readonly query: string } {
  const slash = term.indexOf("/");
  const first = term.slice(0, Math.max(slash, 0));
  if (!/[.:]/.test(first) && first !== "localhost") return { index: HUB_INDEX, query: term.replace(/^library\//, "") };
  const rest = term.slice(slash + 1);
  if (first === "docker.io" || first === "index.docker.io")
    return { index: HUB_INDEX, query: rest.replace(/^library\//, "") };
  if (!/^[\w.:[\]-]+$/.test(first) || !URL.canParse(`https://${first}`))
    throw new InvalidArgument(`invalid index name (${first})`);
  return { index: registryHosts(first).at(-1)!.api.replace(/2$/, "1"), query: rest };
}
