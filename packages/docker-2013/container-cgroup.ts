/** The cgroup of a container: the one name that lxc-start, which makes it, and dockerd, which clears it away after a crash, share. */

/** The path of container `name` below each cgroup root, as `openCgroup()` takes it. */
export const containerCgroupPath = (name: string) => `/docker-eras-2013/${name}`;
