/** For tests: what changes the network does so in a namespace of its own. */
import { inChild } from "../in-child.ts";

/** Runs a program in a network namespace of its own; returns what it passed to `show()`. */
export function inNewNetwork(program: string): unknown {
  const prelude = `
    import { execFileSync, spawn } from "node:child_process";
    import { once } from "node:events";
    import { openSync } from "node:fs";
    import { CLONE_NEWNET, unshare } from "./namespaces.ts";
    import { createVeth, createBridge, createMacvlan, setLink, deleteLink, linkIndex, linkExists, listLinks } from "./netlink/links.ts";
    import { addAddress, listAddresses } from "./netlink/addresses.ts";
    import { addRoute, listRoutes } from "./netlink/routes.ts";
    const ip = (...args) => JSON.parse(execFileSync("ip", ["-j", "-d", ...args], { encoding: "utf8" }));
    const failure = (action) => { try { action(); } catch (error) { return error.message; } };
    const show = report;
    unshare(CLONE_NEWNET);
  `;
  return inChild(prelude + program)[0];
}
