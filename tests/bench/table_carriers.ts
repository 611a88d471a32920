// SPDX-License-Identifier: MIT
/**
 * Provides other ways for a stream of bytes to leave a guest: through a serial
 * port, a shared folder, the network.
 *
 * @module
 */
import { findTool } from "../vm/kernel.ts";
import { started, withLibraries } from "../vm/shared_libraries.ts";
import type { Modules } from "./table_guest.ts";
import { startNfs, startSsh } from "./table_servers.ts";

/** What a guest needs before it is booted. */
export interface Equipment {
  readonly name: string;
  /** The arguments for QEMU. */
  readonly devices: readonly string[];
  /** A shell command that makes it ready in the guest. */
  readonly prepare: string;
}

/** One way out of a guest. */
export interface Carrier extends Equipment {
  /** The start of the names of what goes this way. */
  readonly stem: string;
  /** Files for the guest. */
  readonly files: Readonly<Record<string, string>>;
  /**
   * Returns a shell command that carries a stream.
   *
   * @param source The start of a command, which takes the place to write to as
   *   its last word; "-" is standard output.
   * @param stem The name of the file that the host gets, without its end.
   */
  carry(source: string, stem: string): string;
  /** Returns the path of the file on the host. */
  arrived(stem: string): string;
}

/** The carriers, and why others are missing. */
export interface Carriers extends AsyncDisposable {
  /** The network, which some carriers need; null if there can be none. */
  readonly network: Equipment | null;
  readonly carriers: readonly Carrier[];
  readonly remarks: readonly string[];
}

/** The host's address in QEMU's network. */
const HOST = "10.0.2.2";
const NETWORK: Equipment = {
  name: "the network",
  devices: [
    ...["-netdev", "user,id=net0"],
    ...["-device", "virtio-net-pci,netdev=net0"],
  ],
  prepare: "ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0",
};

/** The streams that have a serial device. */
const STEMS = ["serial-text", "serial-pages"];

/**
 * Makes the carrier through a serial port.
 *
 * @param folder The host's folder for what arrives.
 */
function serialCarrier(folder: string): Carrier {
  const ports = STEMS.flatMap((stem) => [
    ...["-chardev", `file,id=${stem},path=${folder}/${stem}`],
    ...["-device", `virtserialport,chardev=${stem},name=${stem}`],
  ]);
  // The kernel tells which port it is; any other name would be a plain file.
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

/**
 * Makes the carrier through 9p.
 *
 * @param folder The host's folder that is shared.
 */
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
  // Otherwise the data stays in the guest for half a minute.
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
 * Makes all carriers that are possible here.
 *
 * @param base The folder for everything.
 * @param modules Gets the modules that the carriers need.
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

/** Passes on what has been started; from now on the caller has to end it. */
function handedOver(stack: AsyncDisposableStack): AsyncDisposable {
  const moved = stack.move();
  return { [Symbol.asyncDispose]: () => moved.disposeAsync() };
}
