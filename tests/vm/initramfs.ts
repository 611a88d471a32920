// SPDX-License-Identifier: MIT
/**
 * Packs the guest's whole user space: busybox, the files under test, and an
 * init that runs the commands it is sent.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import { run } from "./run.ts";

/**
 * The text that ends every answer, before the command's exit status or `AGAIN`.
 */
export const DONE = "@@done ";
/**
 * Stands in place of a status if the command came incomplete, and was not run.
 */
export const AGAIN = "again";
/** The line that the guest prints once when it takes commands. */
export const READY = "@@ready";

// The second port carries commands and answers, so that the kernel's messages
// on the first one never come between them. Each command is preceded by its
// length, because the port has been seen to lose a few bytes after the guest
// slept. The port is opened before it is configured, because some forget their
// configuration when they are closed.
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
 * @param kernel The kernel that it is for.
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
