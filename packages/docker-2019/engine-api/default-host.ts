/** Where dockerd listens, and docker looks for it, when neither is told. Not where an installed Docker does. */
export const DEFAULT_HOST = "unix:///run/docker-eras/2019/docker.sock";
