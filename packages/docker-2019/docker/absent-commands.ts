/** Commands of Docker's that are not here, and what to do instead: who types one is told more than that it is unknown. */

const BUILDER = 'there is no image builder; "docker commit" and "docker import" make images';
const SWARM = "there is no swarm: one daemon, on one host";
const TRUST = "there is no client of Notary's";

const ABSENT: Readonly<Record<string, string>> = {
  build: BUILDER,
  builder: BUILDER,
  buildx: BUILDER,
  "image build": BUILDER,
  checkpoint: "containers can't be frozen to disk",
  compose: 'there is no Compose; "docker run" and "docker network" do what its services need',
  completion: "there are no completions for shells",
  context: "there is one daemon at a time: name it with -H, or in DOCKER_HOST",
  manifest: "there are no manifest lists to be made; pull reads them",
  plugin: "there are no plugins",
  trust: TRUST,
  config: SWARM,
  node: SWARM,
  secret: SWARM,
  service: SWARM,
  stack: SWARM,
  swarm: SWARM,
};

/** @param path - `build`, `image build` @returns Undefined of what Docker has not either. */
export function whyAbsent(path: string): string | undefined {
  return Object.hasOwn(ABSENT, path) ? ABSENT[path] : undefined;
}
