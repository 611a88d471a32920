// SPDX-License-Identifier: MIT
/**
 * Installs Debian's packages on this machine.
 *
 * @module
 */
import { runAny } from "./run.ts";

/** Pauses before the lists of packages are requested again, in seconds. */
const PAUSES = [5, 20, 60];

/** Options of every call, because a mirror may need a moment. */
const PATIENT = ["-q", "-o", "Acquire::Retries=3"];

/**
 * The file that holds the keys of all Debian releases, if the machine has it.
 */
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Shows what apt-get does, in words. */
type Say = (text: string) => void;

/** Where a release's packages come from. */
export interface Mirror {
  /** The address of the releases and their backports. */
  readonly main: string;
  /** The address of the security updates. */
  readonly security: string;
  /** The release that this machine runs, such as "bookworm". */
  readonly release: string;
}

/**
 * Runs apt-get, and returns what it prints.
 *
 * @throws {Error} with its output if it fails.
 */
export async function aptGet(
  args: readonly string[],
  cwd?: string,
): Promise<string> {
  const { code, stdout, stderr } = await runAny(
    ["apt-get", ...PATIENT, ...args],
    {
      env: {
        DEBIAN_FRONTEND: "noninteractive",
        // A container boots nothing from /boot, so its kernels there need no
        // initial file systems, which would take longer than all the rest.
        ...(await bootsItself() ? {} : { INITRD: "No" }),
      },
      ...(cwd === undefined ? {} : { cwd }),
    },
  );
  const text = new TextDecoder().decode(stdout) + stderr;
  if (code !== 0) {
    throw new Error(`apt-get ${args.at(-1)} failed with ${code}:\n${text}`);
  }
  return text;
}

/** Returns a source of packages in the form of apt's configuration. */
export async function sourceLine(
  uri: string,
  suite: string,
  architectures: readonly string[] = [],
): Promise<string> {
  const { code } = await runAny(["test", "-e", KEYRING]);
  const options = [
    ...(code === 0 ? [`signed-by=${KEYRING}`] : []),
    ...(architectures.length > 0 ? [`arch=${architectures}`] : []),
  ];
  const bracket = options.length > 0 ? `[${options.join(" ")}] ` : "";
  return `deb ${bracket}${uri} ${suite} main\n`;
}

async function bootsItself(): Promise<boolean> {
  const { stdout } = await runAny(["uname", "-r"]);
  const release = new TextDecoder().decode(stdout).trim();
  const image = await runAny(["test", "-e", `/boot/vmlinuz-${release}`]);
  return image.code === 0;
}

/**
 * Fetches lists of packages, several times if a mirror does not answer.
 *
 * @param options Options for apt-get, such as where its lists are.
 * @throws {Error} with what apt-get printed the last time.
 */
export async function updateLists(
  options: readonly string[] = [],
): Promise<void> {
  const update = [...options, "-o", "APT::Update::Error-Mode=any", "update"];
  for (const pause of PAUSES) {
    try {
      await aptGet(update);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    }
  }
  await aptGet(update);
}

/**
 * Returns the mirror that this machine's own Debian comes from.
 *
 * @returns Null if apt knows none: this is no Debian, or no lists were fetched.
 */
export async function findMirror(): Promise<Mirror | null> {
  const format = "$(ORIGIN)|$(CODENAME)|$(REPO_URI)";
  const { code, stdout } = await runAny([
    ...["apt-get", "indextargets", "--format", format],
  ]).catch(() => ({ code: 1, stdout: new Uint8Array() }));
  if (code !== 0) return null;
  const sources = new TextDecoder().decode(stdout).split("\n")
    .map((line) => line.split("|"))
    .filter(([origin]) => origin === "Debian");
  const find = (pattern: RegExp) =>
    sources.find(([, codename]) => pattern.test(codename));
  const plain = find(/^[a-z]+$/);
  if (plain === undefined) return null;
  const [, release, uri] = plain;
  const main = uri.replace(/\/$/, "");
  const security = find(/^[a-z]+-security$/)?.[2] ?? `${main}-security`;
  return { main, security: security.replace(/\/$/, ""), release };
}

/** Returns those packages that are not installed. */
export async function notInstalled(
  packages: readonly string[],
): Promise<string[]> {
  const { stdout } = await runAny([
    ...["dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Package}\n"],
    ...packages,
  ]);
  const installed = new Set(
    new TextDecoder().decode(stdout).split("\n")
      .filter((line) => line.startsWith("ii "))
      .map((line) => line.slice(3).trim()),
  );
  return packages.filter((name) => !installed.has(name));
}

/** Returns those packages that apt knows from its lists. */
async function known(
  packages: readonly string[],
  options: readonly string[] = [],
): Promise<string[]> {
  const { stdout } = await runAny(
    ["apt-cache", ...options, "madison", ...packages],
  );
  const names = new TextDecoder().decode(stdout).split("\n")
    .map((line) => line.split("|")[0].trim());
  return packages.filter((name) => names.includes(name));
}

/**
 * Returns options that add the release's security suite to this machine's
 * sources for one call, because its configuration stays as it is.
 */
async function withSecurity(folder: string): Promise<string[]> {
  const mirror = await findMirror();
  if (mirror === null) return [];
  const { main: _, security, release } = mirror;
  await runAny(["sh", "-c", 'cp /etc/apt/sources.list.d/* "$0"', folder]);
  await Deno.writeTextFile(
    `${folder}/ivring-security.list`,
    await sourceLine(security, `${release}-security`),
  );
  return ["-o", `Dir::Etc::SourceParts=${folder}`];
}

/**
 * Installs the packages that are not installed yet, as root. Those that the
 * machine's own sources lack are also looked for in the release's security
 * suite.
 *
 * @returns The packages that were found nowhere.
 * @throws {Error} with apt-get's output if it fails.
 */
export async function installPackages(
  packages: readonly string[],
  say: Say,
): Promise<string[]> {
  const missing = await notInstalled(packages);
  if (missing.length === 0) return [];
  const folder = await Deno.makeTempDir({ prefix: "ivring-sources-" });
  try {
    await updateLists();
    let options: string[] = [];
    let found = await known(missing);
    if (found.length < missing.length) {
      options = await withSecurity(folder);
      await updateLists(options);
      found = await known(missing, options);
    }
    say(`installing ${found.join(" ")}`);
    await aptGet([
      ...options,
      ...["-o", "DPkg::Lock::Timeout=600", "install", "-y"],
      // Recommended packages are left out, because a kernel's include a boot
      // loader.
      ...["--no-install-recommends", ...found],
    ]);
    return missing.filter((name) => !found.includes(name));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
