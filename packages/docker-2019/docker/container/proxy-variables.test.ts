import { expect, test } from "vitest";
import { proxyVariables } from "./proxy-variables.ts";

test("proxyVariables() are in both spellings, unless they are given; a daemon may have its own", () => {
  const proxies = {
    default: { httpProxy: "http://p:1", noProxy: "a,b" },
    "tcp://far:2375": { ftpProxy: "http://q:1" },
  };
  expect(proxyVariables({ proxies }, "unix:///x", ["http_proxy=none", "NO_PROXY"])).toEqual([
    "HTTP_PROXY=http://p:1",
    "no_proxy=a,b",
  ]);
  expect(proxyVariables({ proxies }, "tcp://far:2375", [])).toEqual(["FTP_PROXY=http://q:1", "ftp_proxy=http://q:1"]);
  expect(proxyVariables({}, "unix:///x", [])).toEqual([]);
});
