import { expect, test } from "vitest";
import { limitsByController } from "./controller-limits.ts";

test("limitsByController() names the controllers that are needed, and no other", () => {
  const resources = {
    memory: { limit: 64, swap: 0, disableOOMKiller: false },
    cpu: { shares: 0, cpus: "0", mems: "" },
    pids: { limit: 0 },
    blockIO: { weight: 0, weightDevice: [] },
    network: { classID: 0, priorities: [{ name: "eth0", priority: 0 }] },
    hugepageLimits: [],
    rdma: {},
    devices: [],
  };
  expect(limitsByController(resources)).toEqual({
    memory: { limit: 64 },
    cpuset: { cpus: "0" },
    net_prio: [{ name: "eth0", priority: 0 }],
    devices: [],
  });
});

test("limitsByController() keeps a 0 that means something", () => {
  const resources = {
    memory: { swappiness: 0 },
    cpu: { idle: 0, burst: 0 },
    hugepageLimits: [{ pageSize: "2MB", limit: 0 }],
  };
  expect(limitsByController(resources)).toEqual({
    memory: { swappiness: 0 },
    cpu: { idle: 0, burst: 0 },
    hugetlb: [{ pageSize: "2MB", limit: 0 }],
  });
});

test("limitsByController() takes -1 as an unsigned number too", () => {
  expect(limitsByController({ memory: { swappiness: 2 ** 64 } })).toEqual({});
});
