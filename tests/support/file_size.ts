// SPDX-License-Identifier: MIT
/**
 * Limits how large the files of a command may become (RLIMIT_FSIZE).
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";
import { TempFolder } from "./temp_folder.ts";

const RLIMIT_FSIZE = 1;

/**
 * A limit that lasts as long as this object. It is set when the reader's first
 * line runs, not before: the runtime's own caches are larger, and what the
 * runtime does with them at the limit is not what is tested.
 */
export class FileSizeLimit implements Disposable {
  readonly #bytes: number;
  readonly #folder = new TempFolder();

  /** @param bytes The limit. */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /**
   * Returns a command that runs under the limit.
   *
   * @param command The reader's command, program first.
   */
  command(command: readonly string[]): string[] {
    const at = command.findIndex((word) => word.endsWith("main.ts"));
    if (at < 0) return ["prlimit", `--fsize=${this.#bytes}`, ...command];
    const main = command[at].startsWith("/")
      ? command[at]
      : `${ROOT}/${command[at]}`;
    const limited = this.#folder.at("limited.ts");
    Deno.writeTextFileSync(
      limited,
      `import { main } from "file://${main}";
      const libc = Deno.dlopen("libc.so.6", {
        setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
      });
      const limit = new BigUint64Array([${this.#bytes}n, ${this.#bytes}n]);
      libc.symbols.setrlimit(${RLIMIT_FSIZE}, limit);
      Deno.exit(await main(Deno.args));
      `,
    );
    const config = `--config=${main.replace(/main\.ts$/, "deno.json")}`;
    return command.with(at, limited).toSpliced(2, 0, config);
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
