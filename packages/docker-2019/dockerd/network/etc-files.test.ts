import { describe, expect, test } from "vitest";
import { hostsFile } from "./hosts-file.ts";
import { parseNetworkMode } from "./network-mode.ts";
import { resolvConf } from "./resolv-conf.ts";

describe("hostsFile()", () => {
  test("names the container, what it is linked to, and what it was told of", () => {
    const own = { address: "172.17.0.2", hostname: "web", domainname: "example.org" };
    const links = [{ address: "172.17.0.3", names: ["db", "database"] }];
    const lines = hostsFile({ extraHosts: ["six:2001:db8::1"], own, links }).split("\n");
    expect(lines.slice(6)).toEqual([
      "2001:db8::1\tsix",
      "172.17.0.3\tdb database",
      "172.17.0.2\tweb.example.org web",
      "",
    ]);
    const named = hostsFile({ extraHosts: [], own: { address: "172.17.0.2", hostname: "a.b.c", domainname: "" } });
    expect(named).toContain("172.17.0.2\ta.b.c a\n");
  });
});

describe("resolvConf()", () => {
  const none = { dns: [], dnsSearch: [], dnsOptions: [] };
  const inside = { sharesHost: false };
  const host =
    "# made by hand\nsearch corp.example\nnameserver 127.0.0.53\nnameserver 10.0.0.53\nnameserver fd00::53\noptions edns0\n";

  test("leaves out resolvers that answer on the host alone, and IPv6's", () => {
    expect(resolvConf(host, none, inside)).toBe(
      "# made by hand\nsearch corp.example\nnameserver 10.0.0.53\noptions edns0\n",
    );
    expect(resolvConf("nameserver 127.0.0.1\n#nameserver 127.0.2.1\nnameserver ::1", none, inside)).toBe(
      "#nameserver 127.0.2.1\n\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n",
    );
  });

  test("is the host's where nothing has to be changed, and on the host's network", () => {
    expect(resolvConf("# note\nnameserver 10.0.0.53\n", none, inside)).toBe("# note\nnameserver 10.0.0.53\n");
    expect(resolvConf(host, none, { sharesHost: true })).toBe(host);
  });

  test("says what the container's options say", () => {
    const options = { dns: ["127.0.0.1", "9.9.9.9"], dnsSearch: ["a.example", "b.example"], dnsOptions: ["ndots:2"] };
    expect(resolvConf(host, options, inside)).toBe(
      "search a.example b.example\nnameserver 127.0.0.1\nnameserver 9.9.9.9\noptions ndots:2\n",
    );
    expect(resolvConf(host, { ...none, dnsSearch: ["."] }, inside)).toBe("nameserver 10.0.0.53\noptions edns0\n");
  });
});

test.each([
  [undefined, { kind: "bridge" }],
  ["default", { kind: "bridge" }],
  ["host", { kind: "host" }],
  ["container:web", { kind: "container", container: "web" }],
  ["mine", { kind: "network", network: "mine" }],
])("parseNetworkMode(%j)", (text, mode) => expect(parseNetworkMode(text)).toEqual(mode));
