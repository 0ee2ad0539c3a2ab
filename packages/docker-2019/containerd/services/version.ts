/** The version service: what dockerd asks first, and for `docker version`. */
import { Version } from "../../proto/gen/version_pb.ts";
import { type Implementation, implement } from "../../proto/grpc/server.ts";
import { REVISION, VERSION } from "../version.ts";

export function versionService(): Implementation {
  return implement(Version, { version: () => ({ version: VERSION, revision: REVISION }) });
}
