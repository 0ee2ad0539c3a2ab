/** The introspection service: what containerd tells of itself. */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { hostPlatform } from "@eras/oci-spec/platform.ts";
import { Introspection } from "../../proto/gen/introspection_pb.ts";
import { type Implementation, implement } from "../../proto/grpc/server.ts";
import { STATUS_CODE } from "../../proto/status.ts";
import { parseFilters } from "../filters.ts";
import { uuidPath } from "../paths.ts";
import { fieldOfPlugin, type Plugin } from "../plugins.ts";

export function introspectionService(root: string, plugins: readonly Plugin[]): Implementation {
  return implement(Introspection, {
    plugins: ({ filters }) => {
      const matches = parseFilters(filters);
      return { plugins: plugins.filter((plugin) => matches(fieldOfPlugin(plugin))).map(pluginMessage) };
    },
    server: () => ({ uuid: serverUuid(uuidPath(root)) }),
  });
}

function pluginMessage({ type, id, capabilities = [], hasPlatform = false, exports = {}, failure }: Plugin) {
  return {
    type,
    id,
    capabilities,
    exports,
    platforms: hasPlatform ? [hostPlatform()] : [],
    ...(failure !== undefined && { initErr: { code: STATUS_CODE.Unknown, message: failure } }),
  };
}

/** Made at the first request. */
function serverUuid(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    const uuid = randomUUID();
    mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
    writeFileSync(path, uuid, { mode: 0o666 });
    return uuid;
  }
}
