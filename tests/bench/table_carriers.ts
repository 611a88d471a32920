// SPDX-License-Identifier: MIT
/**
 * How a stream of bytes can leave a guest otherwise: through a serial port, a
 * shared folder, the network.
 *
 * @module
 */
import { findTool } from "../vm/kernel.ts";
import { type Modules, started, withLibraries } from "./table_guest.ts";
import { startNfs, startSsh } from "./table_servers.ts";

/** What a guest is given that is not booted yet. */
export interface Equipment {
  readonly name: string;
  /** Arguments for QEMU. */
  readonly devices: readonly string[];
  /** Makes it ready in the guest; a shell command. */
  readonly prepare: string;
}

/** One way out of a guest. */
export interface Carrier extends Equipment {
  /** Of the names of what goes there. */
  readonly stem: string;
  /** Files for the guest. */
  readonly files: Readonly<Record<string, string>>;
  /**
   * A shell command that carries.
   *
   * @param source Prefix of a command; takes the place to write to as its last
   * word, "-" for standard output.
   * @param stem Of the file that the host gets.
   */
  carry(source: string, stem: string): string;
  /** Where the host has it. */
  arrived(stem: string): string;
}

/** Carriers, and why others are missing. */
export interface Carriers extends AsyncDisposable {
  /** Null if there can be none; some carriers need it. */
  readonly network: Equipment | null;
  readonly carriers: readonly Carrier[];
  readonly remarks: readonly string[];
}

/** The host as the guest sees it, in QEMU's network. */
const HOST = "10.0.2.2";
const NETWORK: Equipment = {
  name: "the network",
  devices: [
    ...["-netdev", "user,id=net0"],
    ...["-device", "virtio-net-pci,netdev=net0"],
  ],
  prepare: "ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0",
};

/** Streams that a serial device is made for. */
const STEMS = ["serial-text", "serial-pages"];

/** @param folder On the host, for what arrives. */
function serialCarrier(folder: string): Carrier {
  const ports = STEMS.flatMap((stem) => [
    ...["-chardev", `file,id=${stem},path=${folder}/${stem}`],
    ...["-device", `virtserialport,chardev=${stem},name=${stem}`],
  ]);
  // Which port it is the kernel tells; any other name would be a plain file.
  const port = (stem: string) =>
    `/dev/$(cd /sys/class/virtio-ports && grep -lx ${stem} */name | cut -d/ -f1)`;
  return {
    name: "virtio-serial",
    stem: "serial",
    devices: ["-device", "virtio-serial-pci", ...ports],
    files: {},
    prepare: "true",
    carry: (source, stem) => `${source} ${port(stem)}`,
    arrived: (stem) => `${folder}/${stem}`,
  };
}

/** @param folder On the host, the one that is shared. */
function p9Carrier(folder: string): Carrier {
  const options = "trans=virtio,version=9p2000.L,msize=131072";
  return {
    name: "9p",
    stem: "9p",
    devices: [
      "-virtfs",
      `local,path=${folder},mount_tag=share,security_model=none`,
    ],
    files: {},
    prepare: `mkdir /share && mount -t 9p -o ${options} share /share`,
    carry: (source, stem) => `${source} /share/${stem}`,
    arrived: (stem) => `${folder}/${stem}`,
  };
}

function nfsCarrier(port: number, folder: string): Carrier {
  const options = `addr=${HOST},clientaddr=10.0.2.15,port=${port},vers=4.1`;
  // Otherwise it stays in the guest for half a minute.
  const soon = "echo 20 > /proc/sys/vm/dirty_writeback_centisecs && " +
    "echo 20 > /proc/sys/vm/dirty_expire_centisecs";
  return {
    name: "NFS",
    stem: "nfs",
    devices: [],
    files: {},
    prepare:
      `mkdir /nfs && mount -t nfs4 -o ${options} ${HOST}:/trace /nfs && ` +
      soon,
    carry: (source, stem) => `${source} /nfs/${stem}`,
    arrived: (stem) => `${folder}/${stem}`,
  };
}

function sshCarrier(
  { port, folder, key, user }: Record<"folder" | "key" | "user", string> & {
    port: number;
  },
): Carrier {
  const ssh = findTool("ssh")!;
  const options = "-F none -i key -T -o BatchMode=yes " +
    "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null";
  const remote = `${started(ssh)} ${options} -p ${port} ${user}@${HOST}`;
  return {
    name: "SSH",
    stem: "ssh",
    devices: [],
    files: { ...withLibraries(ssh), key },
    prepare: "chmod 600 key && mkdir -p /etc && " +
      "echo root:x:0:0::/root:/bin/sh > /etc/passwd",
    carry: (source, stem) =>
      `${source} - | ${remote} 'cat > ${folder}/${stem}'`,
    arrived: (stem) => `${folder}/${stem}`,
  };
}

/**
 * All that there can be here.
 *
 * @param base Folder for everything. @param modules Gets what they need.
 */
export async function makeCarriers(
  base: string,
  modules: Modules,
): Promise<Carriers> {
  await using stack = new AsyncDisposableStack();
  const carriers: Carrier[] = [], remarks: string[] = [];
  const folder = (name: string) => {
    Deno.mkdirSync(`${base}/${name}`);
    return `${base}/${name}`;
  };
  const has = (name: string, ...wanted: string[]) => {
    const lacks = wanted.filter((module) => !modules.add(module));
    if (lacks.length === 0) return true;
    remarks.push(`${name} is left out: the kernel has no ${lacks.join(", ")}.`);
    return false;
  };
  if (has("virtio-serial", "virtio_pci", "virtio_console")) {
    carriers.push(serialCarrier(folder("serial")));
  }
  if (has("9p", "virtio_pci", "9pnet_virtio", "9p")) {
    carriers.push(p9Carrier(folder("9p")));
  }
  const network = has(NETWORK.name, "virtio_pci", "virtio_net")
    ? NETWORK
    : null;
  if (network === null) {
    return { network, carriers, remarks, ...handedOver(stack) };
  }
  if (has("NFS", "nfsv4")) {
    const nfs = await startNfs(folder("nfs"));
    if ("missing" in nfs) remarks.push(`NFS is left out: ${nfs.missing}.`);
    else carriers.push(nfsCarrier(stack.use(nfs).port, nfs.folder));
  }
  const ssh = await startSsh(folder("ssh"));
  if ("missing" in ssh) remarks.push(`SSH is left out: ${ssh.missing}.`);
  else {
    const { port, folder } = stack.use(ssh.server);
    carriers.push(sshCarrier({ ...ssh, port, folder }));
  }
  return { network, carriers, remarks, ...handedOver(stack) };
}

/** What has been started is from now on the caller's to end. */
function handedOver(stack: AsyncDisposableStack): AsyncDisposable {
  const moved = stack.move();
  return { [Symbol.asyncDispose]: () => moved.disposeAsync() };
}
