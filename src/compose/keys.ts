/** What becomes of each key of a compose file; docs/compose.md has its table from here. */

/** What becomes of a key: what a spec has in its place, or why it is left out, or that there is nothing to say of it. */
export type Fate = { readonly becomes: string } | { readonly dropped: string } | { readonly silent: string };

const taken = (becomes: string): Fate => ({ becomes });
const dropped = (why: string): Fate => ({ dropped: why });
const silent = (why: string): Fate => ({ silent: why });

const hostKernel = "the nodes share the kernel of this machine, of which devious changes nothing";
const namespaces = "each node has namespaces of its own, in which faults are put";
const swarm = "it is Swarm's";
const logs = "devious reads the engine's own logs";

/** Keys of a service. */
export const serviceKeys: Readonly<Record<string, Fate>> = {
  image: taken("`image`; its variables stay"),
  build: taken("`build`: context, dockerfile, args (their variables stay), target"),
  pull_policy: taken("`pull`: `always`, `never`, `missing` and `if_not_present`"),
  scale: taken("`nodes`, as `deploy.replicas`; 1 where neither is said"),
  deploy: taken("`nodes`, `cpus`, `memory`, `restart` from replicas, resources.limits, restart_policy"),
  entrypoint: taken("`entrypoint`"),
  command: taken("`command`"),
  environment: taken("`environment`; its variables stay; without a value `${NAME}`"),
  env_file: taken("`env_file`"),
  ports: taken("`ports`: TCP, on 127.0.0.1"),
  volumes: taken("`volumes`; `shared` where several nodes have one"),
  tmpfs: taken("`volumes` of the type tmpfs"),
  configs: taken("`files`, or a bind where the config is a file"),
  secrets: taken("a bind, where the secret is a file"),
  depends_on: taken("`depends_on`: `started`, `ready`, `completed`"),
  links: taken("`depends_on`: `started`"),
  healthcheck: taken("`ready: { exec }` with interval, attempt_timeout, retries, start_period"),
  restart: taken("`restart`"),
  user: taken("`user`"),
  cap_add: taken("`cap_add`"),
  ulimits: taken("`ulimits`"),
  cpus: taken("`cpus`"),
  mem_limit: taken("`memory`"),
  stop_grace_period: taken("`stop_grace`"),
  labels: taken("`labels`"),
  extends: taken("the service with what it extends, of the same file"),
  profiles: taken("the service, where `--profile` names one of them; else it is left out"),
  networks: taken("the cluster's one network"),
  hostname: taken("nothing, where it is the service's or the node's name"),
  container_name: taken("nothing, where it is the service's or the node's name"),
  expose: silent("nodes reach every port of one another"),
  annotations: dropped("devious has none"),
  attach: dropped(logs),
  blkio_config: dropped("`devious chaos disk` slows disks"),
  cap_drop: dropped("a node has the engine's default capabilities, and those of cap_add"),
  cgroup: dropped(namespaces),
  cgroup_parent: dropped(namespaces),
  cpu_count: dropped("write cpus instead"),
  cpu_percent: dropped("write cpus instead"),
  cpu_period: dropped("write cpus instead"),
  cpu_quota: dropped("write cpus instead"),
  cpu_rt_period: dropped(hostKernel),
  cpu_rt_runtime: dropped(hostKernel),
  cpu_shares: dropped("write cpus instead"),
  cpuset: dropped("write cpus instead"),
  credential_spec: dropped(swarm),
  develop: dropped("`devious up` again builds and remakes what changed"),
  device_cgroup_rules: dropped("devious gives nodes no devices"),
  devices: dropped("devious gives nodes no devices"),
  dns: dropped("names are those of the cluster's network"),
  dns_opt: dropped("names are those of the cluster's network"),
  dns_search: dropped("names are those of the cluster's network"),
  domainname: dropped("a node is known by its name alone"),
  external_links: dropped("a cluster has its own network, on which nothing else is"),
  extra_hosts: dropped("names are those of the cluster's network"),
  gpus: dropped("devious gives nodes no devices"),
  group_add: dropped("write user: UID:GID instead"),
  init: dropped("the node's first process is its own"),
  ipc: dropped(namespaces),
  isolation: dropped(namespaces),
  label_file: dropped("write labels instead"),
  logging: dropped(logs),
  mac_address: dropped("the engine gives addresses"),
  mem_reservation: dropped("only memory, a limit, is known"),
  mem_swappiness: dropped(hostKernel),
  memswap_limit: dropped("only memory, a limit, is known"),
  models: dropped("devious has none"),
  net: dropped(namespaces),
  network_mode: dropped(namespaces),
  oom_kill_disable: dropped("who takes more than its memory is killed"),
  oom_score_adj: dropped(hostKernel),
  pid: dropped(namespaces),
  pids_limit: dropped("write ulimits: { nproc } instead"),
  platform: dropped("images are of this machine's platform"),
  post_start: dropped("write hooks: { after_up } instead"),
  pre_stop: dropped("write hooks: { before_down } instead"),
  privileged: dropped("nothing of devious is privileged; cap_add gives single capabilities"),
  provider: dropped("devious has none"),
  read_only: dropped("a node writes to its own file system"),
  runtime: dropped("it is the engine's default"),
  security_opt: dropped("it is the engine's default"),
  shm_size: dropped("it is the engine's default"),
  stdin_open: dropped("nobody types into a node; `devious exec` runs a command in it"),
  stop_signal: dropped("nodes are stopped by the image's own signal, SIGTERM if it has none"),
  storage_opt: dropped("it is the engine's default"),
  sysctls: dropped(hostKernel),
  tty: dropped("a node's log is read as plain lines"),
  use_api_socket: dropped("nodes do not reach the engine"),
  userns_mode: dropped(namespaces),
  uts: dropped(namespaces),
  volume_driver: dropped("volumes are the engine's own"),
  volumes_from: dropped("name the volumes in both services instead"),
  working_dir: dropped("it is the image's own: set WORKDIR there"),
};

/** Keys of the whole file. */
export const topKeys: Readonly<Record<string, Fate>> = {
  name: taken("`name`"),
  services: taken("`services`, in their order"),
  volumes: taken("the volumes of the services that name them"),
  configs: taken("`files` and binds of the services that name them"),
  secrets: taken("binds of the services that name them"),
  networks: taken("the cluster's one network"),
  version: silent("compose itself no longer reads it"),
  include: dropped("copy the services of that file into this one first"),
  models: dropped("devious has none"),
};

/** Keys of `build`. */
export const buildKeys: Readonly<Record<string, Fate>> = {
  context: taken("`context`"),
  dockerfile: taken("`dockerfile`"),
  args: taken("`args`"),
  target: taken("`target`"),
  dockerfile_inline: taken("nothing: build the image yourself"),
};

/** Keys of `deploy`, with those of its resources. */
export const deployKeys: Readonly<Record<string, Fate>> = {
  replicas: taken("`nodes`"),
  resources: taken("`cpus` and `memory`, its limits"),
  restart_policy: taken("`restart`, where the service has none"),
  mode: dropped("a service has a number of nodes"),
  endpoint_mode: dropped(swarm),
  labels: dropped(swarm),
  placement: dropped("all nodes are on one machine"),
  rollback_config: dropped(swarm),
  update_config: dropped(swarm),
};
