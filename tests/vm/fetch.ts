// SPDX-License-Identifier: MIT
/**
 * Fetches packages of other Debian releases or for other processors, and
 * unpacks them without installing anything. apt works in a folder of its own,
 * with its own sources and lists. Everything else, such as a proxy, comes from
 * this machine's configuration. This does not take root.
 *
 * @module
 */
import { aptGet, type Mirror, sourceLine, updateLists } from "./apt.ts";
import { run } from "./run.ts";

/** A suite, and the processors whose packages are wanted. */
export interface Suite {
  /** The name, such as "trixie-backports". */
  readonly name: string;
  /** The processors, by Debian's names. */
  readonly architectures: readonly string[];
}

/** A package in one version. */
export interface Package {
  /** The name, such as "linux-headers-6.12-arm64". */
  readonly name: string;
  /**
   * The processor, by Debian's name; any, if the package is for all of them.
   */
  readonly architecture: string;
  /** The version, such as "6.12.9-1". */
  readonly version: string;
  /**
   * The names of the packages that it depends on; the first one of
   * alternatives.
   */
  readonly depends: readonly string[];
}

/** The packages of some suites. */
export class Packages {
  readonly #folder: string;
  readonly #options: readonly string[];

  private constructor(folder: string, options: readonly string[]) {
    this.#folder = folder;
    this.#options = options;
  }

  /**
   * Fetches the lists of the suites.
   *
   * @param folder For all that apt writes; the caller removes it.
   * @throws {Error} with apt-get's output if it cannot.
   */
  static async of(
    suites: readonly Suite[],
    mirror: Mirror,
    folder: string,
  ): Promise<Packages> {
    let sources = "";
    for (const { name, architectures } of suites) {
      const uri = name.endsWith("-security") ? mirror.security : mirror.main;
      sources += await sourceLine(uri, name, architectures);
    }
    await Deno.mkdir(`${folder}/lists/partial`, { recursive: true });
    await Deno.mkdir(`${folder}/cache/archives/partial`, { recursive: true });
    await Deno.writeTextFile(`${folder}/sources.list`, sources);
    await Deno.writeTextFile(`${folder}/status`, "");
    const settings = [
      `Dir::Etc::SourceList=${folder}/sources.list`,
      "Dir::Etc::SourceParts=/dev/null",
      "Dir::Etc::Preferences=/dev/null",
      "Dir::Etc::PreferencesParts=/dev/null",
      `Dir::State=${folder}`,
      `Dir::State::Status=${folder}/status`,
      `Dir::Cache=${folder}/cache`,
      // Containers are set up without these caches, and then each call would
      // read all lists again.
      "Dir::Cache::PkgCache=pkgcache.bin",
      "Dir::Cache::SrcPkgCache=srcpkgcache.bin",
      "Acquire::Languages=none",
      // Downloads must run as this user, because another could not write to the
      // folder.
      "APT::Sandbox::User=",
      ...[...new Set(suites.flatMap((suite) => suite.architectures))]
        .map((name) => `APT::Architectures::=${name}`),
    ];
    const options = settings.flatMap((setting) => ["-o", setting]);
    await updateLists(options);
    return new Packages(folder, options);
  }

  /**
   * Returns the newest version of a package.
   *
   * @param suite The only suite to look in; by default all.
   * @returns Null if there is none.
   */
  async find(
    name: string,
    architecture: string,
    suite = "",
  ): Promise<Package | null> {
    const wanted = `${name}:${architecture}`;
    const madison = await this.#cache("madison", wanted);
    const version = madison.split("\n").map((line) => line.split(/ +\| +/))
      .find(([, , source = ""]) => source.includes(` ${suite}`))?.[1]?.trim();
    if (version === undefined) return null;
    const shown = await this.#cache("show", `${wanted}=${version}`);
    const depends = /^Depends: (.*)$/m.exec(shown)?.[1] ?? "";
    return {
      name,
      architecture,
      version,
      depends: depends.split(", ")
        .map((each) => each.replace(/[ (:].*$/, ""))
        .filter((each) => each !== ""),
    };
  }

  #cache(...args: readonly string[]): Promise<string> {
    return run(["apt-cache", ...this.#options, ...args]);
  }

  /** Downloads a package and unpacks it into a folder. */
  async unpack(
    { name, architecture, version }: Package,
    into: string,
  ): Promise<void> {
    const folder = await Deno.makeTempDir({ dir: this.#folder });
    const wanted = `${name}:${architecture}=${version}`;
    await aptGet([...this.#options, "download", wanted], folder);
    for await (const { name: file } of Deno.readDir(folder)) {
      await run(["dpkg-deb", "-x", `${folder}/${file}`, into]);
    }
    await Deno.remove(folder, { recursive: true });
  }
}
