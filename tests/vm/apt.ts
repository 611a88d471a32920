// SPDX-License-Identifier: MIT
/**
 * Installing Debian's packages on this machine.
 *
 * @module
 */
import { runAny } from "./run.ts";

/** Pauses before a list of packages is asked for again, in seconds. */
const PAUSES = [5, 20, 60];

/** Options that every call has: a mirror may need a moment. */
const PATIENT = ["-q", "-o", "Acquire::Retries=3"];

/** The keys of all of Debian's releases, where the machine has them. */
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** What apt-get does, in words, and whether it may be told. */
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

/** Runs apt-get. @throws {Error} with what it says if it fails. */
export async function aptGet(
  args: readonly string[],
  cwd?: string,
): Promise<string> {
  const { code, stdout, stderr } = await runAny(
    ["apt-get", ...PATIENT, ...args],
    {
      env: {
        DEBIAN_FRONTEND: "noninteractive",
        // A container boots nothing of /boot: no initial file systems for its
        // kernels there, which take longer than all the rest.
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

/** A source of packages, as apt's configuration has it. */
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
 * Fetches lists of packages, again and again if a mirror does not answer.
 *
 * @param options For apt-get, such as where its lists are.
 * @throws {Error} with what apt-get says the last time.
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
 * The mirror that this machine's own Debian comes from.
 *
 * @returns Null where apt knows of none: no Debian, or no lists fetched yet.
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

/** Those of the packages that are not installed. */
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

/** Those that apt knows from its lists. */
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
 * Options that add the release's security suite to this machine's sources for
 * one call, as its configuration stays as it is.
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
 * Installs packages that are not installed yet; as root. What the machine's own
 * sources do not have is looked for in the release's security suite, too.
 *
 * @returns Those that are nowhere.
 * @throws {Error} with what apt-get says if it fails.
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
      // Without recommended packages: a kernel's draw in a boot loader.
      ...["--no-install-recommends", ...found],
    ]);
    return missing.filter((name) => !found.includes(name));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
