// SPDX-License-Identifier: MIT
/**
 * Gives a command a journal of its own: a real systemd-journald in namespaces
 * that hold nothing of this host, and that leave nothing behind.
 *
 * @module
 */
import { runCommand } from "./reader_program.ts";

const JOURNALD = "/lib/systemd/systemd-journald";

/** The last line. Once the journal has it, it also has all lines before it. */
const END = "the end of what was tested";

/** `Audit=` without a value leaves the kernel's auditing as it is. */
const SCRIPT = `set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/systemd
if [ -e /dev/kmsg ]; then mount --bind /dev/null /dev/kmsg; fi
mkdir -p /run/systemd/journal /run/log/journal
printf '[Journal]\\nStorage=volatile\\nReadKMsg=no\\nAudit=\\n' \
  > /etc/systemd/journald.conf
${JOURNALD} 2> /run/trouble &
journald=$!
until [ -S /run/systemd/journal/stdout ]; do
  kill -0 $journald || { cat /run/trouble >&2; exit 1; }
  sleep 0.02
done
prefix=$1; shift
held() { journalctl -D /run/log/journal -t tested -o "$1" --no-pager; }
systemd-cat -t tested --level-prefix="$prefix" \
  sh -c '"$@"; echo "${END}"' sh "$@"
until held cat | grep -qx "${END}"; do kill -0 $journald; sleep 0.05; done
held json
`;

/** A line as the journal has it. */
export interface JournalLine {
  readonly message: string;
  /** The syslog priority, 0 to 7. */
  readonly priority: number;
}

/** Tells why there can be no such journal here; "" if there can. */
export async function journalMissing(): Promise<string> {
  for (const program of [JOURNALD, "systemd-cat", "journalctl", "unshare"]) {
    const { code } = await runCommand(["sh", "-c", `command -v ${program}`]);
    if (code !== 0) return `there is no ${program}`;
  }
  const { code } = await runCommand(["unshare", "-mnpf", "true"]);
  return code === 0 ? "" : "namespaces need root";
}

/**
 * Runs a command with the journal as its standard output and error.
 *
 * @param levelPrefix The unit's SyslogLevelPrefix.
 * @returns The command's lines in the journal.
 */
export async function journalOf(
  command: readonly string[],
  levelPrefix: boolean,
): Promise<JournalLine[]> {
  const { code, stdout, stderr } = await runCommand([
    ...["unshare", "-mnpf", "--kill-child", "--mount-proc"],
    ...["bash", "-c", SCRIPT, "journal", levelPrefix ? "yes" : "no"],
    ...command,
  ]);
  if (code !== 0) throw new Error(`journald: ${stderr}`);
  return stdout.trimEnd().split("\n").map((line) => {
    const { MESSAGE, PRIORITY } = JSON.parse(line);
    return { message: MESSAGE, priority: Number(PRIORITY) };
  }).filter(({ message }) => message !== END);
}
