// SPDX-License-Identifier: MIT
/**
 * Starts what the rivals of the 2012 table need on the host: an NFS server and
 * an SSH server, each as a process on a port of this host alone.
 *
 * @module
 */
import { run } from "../tools/cc.ts";
import { killIfRunning } from "../support/processes.ts";
import { readIfThere, until } from "../support/temp_folder.ts";
import { findTool } from "../vm/kernel.ts";

/** A server that runs, or the reason why there is none. */
export type Started<T> = T | { readonly missing: string };

/** Returns a port that nobody listens on now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A program that serves until it is disposed of. */
export class Server implements AsyncDisposable {
  readonly port: number;
  /** The folder in which the guest's files arrive. */
  readonly folder: string;
  readonly #child: Deno.ChildProcess;

  /** @param command The command, program first. */
  constructor(command: readonly string[], port: number, folder: string) {
    this.port = port;
    this.folder = folder;
    this.#child = new Deno.Command(command[0], {
      args: command.slice(1),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** Ends the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    killIfRunning(this.#child);
    await this.#child.status;
  }
}

/**
 * The longest lease that the server gives. The guest's time may pass more slowly
 * than the server's, and a guest that renews too late cannot open files any more.
 */
const LEASE_SECONDS = 120;

/**
 * Starts an NFS 4.1 server on TCP.
 *
 * @param base The folder for its files and for what is exported; made here.
 */
export async function startNfs(base: string): Promise<Started<Server>> {
  const program = findTool("ganesha.nfsd");
  if (program === null) {
    return { missing: "nfs-ganesha and nfs-ganesha-vfs are not installed" };
  }
  if (Deno.uid() !== 0) return { missing: "an NFS server takes root" };
  if (readIfThere("/etc/mtab") === "") {
    return { missing: "nfs-ganesha needs /etc/mtab, which is not here" };
  }
  const port = freePort();
  const folder = `${base}/export`;
  Deno.mkdirSync(folder, { recursive: true });
  Deno.mkdirSync(`${base}/recovery`);
  Deno.writeTextFileSync(
    `${base}/ganesha.conf`,
    `NFS_CORE_PARAM { NFS_Port = ${port}; Protocols = 4; Bind_addr = 127.0.0.1;
  Enable_NLM = false; Enable_RQUOTA = false; }
NFSV4 { Graceless = true; RecoveryBackend = fs; RecoveryRoot = "${base}/recovery";
  Lease_Lifetime = ${LEASE_SECONDS}; Minor_Versions = 1; Only_Numeric_Owners = true; }
EXPORT { Export_Id = 1; Path = ${folder}; Pseudo = /trace; Access_Type = RW;
  Squash = No_root_squash; SecType = sys; Protocols = 4; Transports = TCP;
  FSAL { Name = VFS; } }
`,
  );
  const log = `${base}/log`;
  const server = new Server(
    [
      ...[program, "-F", "-N", "EVENT", "-L", log],
      ...["-f", `${base}/ganesha.conf`, "-p", `${base}/pid`],
    ],
    port,
    folder,
  );
  const isUp = () => readIfThere(log).includes("NFS SERVER INITIALIZED");
  return await upOrMissing(server, "the NFS server", isUp) ?? server;
}

/** An SSH server, and the key that opens it. */
export interface SshServer {
  readonly server: Server;
  readonly key: string;
  readonly user: string;
}

/**
 * Starts an SSH server with keys that are made for it.
 *
 * @param base The folder for its files and for what arrives; made here.
 */
export async function startSsh(base: string): Promise<Started<SshServer>> {
  const program = findTool("sshd");
  if (program === null || findTool("ssh") === null) {
    return { missing: "openssh-server and openssh-client are not installed" };
  }
  const user = run("id", ["-un"]).stdout.trim();
  // Debian's sshd needs this folder, which its service makes at boot.
  if (Deno.uid() === 0) Deno.mkdirSync("/run/sshd", { recursive: true });
  const port = freePort();
  const folder = `${base}/arrived`;
  Deno.mkdirSync(folder, { recursive: true });
  for (const name of ["host", "guest"]) {
    run("ssh-keygen", [
      "-q",
      "-t",
      "ed25519",
      "-N",
      "",
      "-f",
      `${base}/${name}`,
    ]);
  }
  Deno.writeTextFileSync(
    `${base}/sshd_config`,
    `Port ${port}
ListenAddress 127.0.0.1
HostKey ${base}/host
AuthorizedKeysFile ${base}/guest.pub
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
`,
  );
  const server = new Server(
    [program, "-D", "-f", `${base}/sshd_config`],
    port,
    folder,
  );
  const missing = await upOrMissing(server, "sshd", () => listens(port));
  return missing ?? { server, key: `${base}/guest`, user };
}

/**
 * Waits for a server.
 *
 * @returns Why there is none; it is then ended.
 */
async function upOrMissing(
  server: Server,
  name: string,
  isUp: () => boolean,
): Promise<{ missing: string } | null> {
  try {
    await until(`${name} is up`, isUp);
    return null;
  } catch {
    await server[Symbol.asyncDispose]();
    return { missing: `${name} does not come up` };
  }
}

/**
 * Tells whether somebody listens, from the kernel's list, because the server
 * would notice a connection.
 */
function listens(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const line = new RegExp(`:${hex} 00000000:0000 0A `);
  return line.test(Deno.readTextFileSync("/proc/net/tcp"));
}
