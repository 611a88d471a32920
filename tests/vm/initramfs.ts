// SPDX-License-Identifier: MIT
/**
 * The guest's whole user space: busybox, the files under test, and an init that
 * runs the commands it is sent.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import { run } from "./run.ts";

/** Ends every answer, before the command's exit status, or `AGAIN`. */
export const DONE = "@@done ";
/** In place of a status: the command did not come whole, and was not run. */
export const AGAIN = "again";
/** Said once, when the guest takes commands. */
export const READY = "@@ready";

// The second port carries commands and answers, so that the kernel's
// messages, on the first, never come between. Each command has its length in
// front: after a sleep of the guest the port has been seen to lose a few bytes.
// It is open before it is set: some forget that when they are closed.
const initOn = (port: string) =>
  `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
hostname ivring-guest
exec < /dev/${port} > /dev/${port} 2>&1
stty raw -echo
cd /root
echo ${READY}
while read -r length line; do
  if [ "$length" != "\${#line}" ]; then
    echo "${DONE}${AGAIN}"
    continue
  fi
  sh -c "$line" < /dev/null
  echo "${DONE}$?"
done
poweroff -f
`;

/**
 * Packs an initial file system.
 *
 * @param kernel Whose it is.
 * @param folder Where to put it; the caller removes it.
 * @param files Further files: name in the guest's /root, path on the host.
 * @returns Path of the archive.
 */
export async function packInitramfs(
  { architecture, busybox }: Kernel,
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const root = `${folder}/root`;
  for (const name of ["bin", "proc", "sys", "dev", "root", "tmp"]) {
    await Deno.mkdir(`${root}/${name}`, { recursive: true });
  }
  await Deno.copyFile(busybox, `${root}/bin/busybox`);
  const init = initOn(architecture.commandPort);
  await Deno.writeTextFile(`${root}/init`, init, { mode: 0o755 });
  for (const [name, path] of Object.entries(files)) {
    await Deno.copyFile(path, `${root}/root/${name}`);
  }
  const archive = `${folder}/initramfs.cpio`;
  const pack = `find . | cpio --quiet -o -H newc -R 0:0 > "$0"`;
  await run(["sh", "-c", pack, archive], { cwd: root });
  return archive;
}
