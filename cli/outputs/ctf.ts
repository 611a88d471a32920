// SPDX-License-Identifier: MIT
/**
 * CTF 1.8 traces on disk: metadata made here, packets copied from the rings.
 *
 * @module
 */
import { ensureDir } from "@std/fs";
import type { PacketClasses } from "../../ring/ctf/packet_classes.ts";
import type { StreamId } from "../../ring/ctf/recorder.ts";
import { type ClockInfo, ctfMetadata } from "./ctf_metadata.ts";
import { INFO_FOLDER, infoPath, traceInfoText } from "./trace_info.ts";

/** When the traces end and new ones begin. */
export interface ChunkRules {
  /** Bytes of packets in one chunk, at most, unless one batch has more. */
  readonly limitBytes: number;
  /** A chunk takes nothing once its first packet is as old. */
  readonly limitMs: number;
  /** Chunks kept; older ones are removed. */
  readonly keep: number;
}

/** A ring's file. */
interface RingFile {
  readonly path: string;
  readonly file: Deno.FsFile;
  /** Whole packets written. */
  bytes: number;
}

const CHUNK_DIGITS = 6;

/**
 * Trace directories below one folder: `session-S/epoch-E/ring-N`, and the
 * metadata beside the rings. With rules for chunks, all this is once more below
 * `chunk-000000`, `chunk-000001` and so on. A directory with metadata can be
 * opened at any time.
 */
export class CtfOutput implements Disposable {
  readonly #root: string;
  readonly #rules: ChunkRules | null;
  /** The file each ring is written to; one at a time. */
  readonly #files = new Map<number, RingFile>();
  /** Metadata on the disk: of which folder, and how recent. */
  #described = new WeakMap<
    PacketClasses,
    { folder: string; version: number }
  >();
  #nextSession = 0;
  #chunk = 0;
  #chunkBytes = 0;
  #beganMs = 0;

  /** @param root Made if it is not there; must be empty. */
  constructor(root: string, rules: ChunkRules | null = null) {
    this.#root = root;
    this.#rules = rules;
  }

  /** Number of the next session that has nothing written yet. */
  get nextSession(): number {
    return this.#nextSession;
  }

  /**
   * Makes the folder.
   *
   * @throws {Error} if there is something in it already.
   */
  async open(): Promise<void> {
    await ensureDir(this.#root);
    for await (const entry of Deno.readDir(this.#root)) {
      throw new Error(
        `${this.#root} is not empty (${entry.name}): give a new directory`,
      );
    }
  }

  /**
   * Goes on to the next chunk if it is time; all streams then have to begin
   * anew.
   *
   * @param bytes That will be written next, at most.
   */
  rotates(bytes: number): boolean {
    if (this.#rules === null || this.#chunkBytes === 0) return false;
    const { limitBytes, limitMs, keep } = this.#rules;
    const due = this.#chunkBytes + bytes > limitBytes ||
      performance.now() - this.#beganMs >= limitMs;
    if (!due) return false;
    this.close();
    this.#chunk++;
    this.#chunkBytes = 0;
    const oldest = this.#chunk - keep;
    if (oldest >= 0) {
      Deno.removeSync(this.#chunkPath(oldest), { recursive: true });
    }
    return true;
  }

  /** Appends a packet to its stream's file. @throws as `Deno.writeSync`. */
  write(stream: StreamId, packet: Uint8Array, info: ClockInfo): void {
    const { session, epoch, ring } = stream;
    this.#nextSession = Math.max(this.#nextSession, session + 1);
    if (this.#chunkBytes === 0) this.#beganMs = performance.now();
    const folder = `${this.#place()}/session-${session}/epoch-${epoch}`;
    this.#describe(folder, stream, info);
    const path = `${folder}/ring-${ring.index}`;
    let open = this.#files.get(ring.index);
    if (open?.path !== path) {
      open?.file.close();
      const file = Deno.openSync(path, { write: true, createNew: true });
      open = { path, file, bytes: 0 };
      this.#files.set(ring.index, open);
    }
    append(open, packet);
    this.#chunkBytes += packet.length;
  }

  /** Closes the files. Idempotent. */
  close(): void {
    for (const { file } of this.#files.values()) file.close();
    this.#files.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #place(): string {
    return this.#rules === null ? this.#root : this.#chunkPath(this.#chunk);
  }

  #chunkPath(chunk: number): string {
    return `${this.#root}/chunk-${String(chunk).padStart(CHUNK_DIGITS, "0")}`;
  }

  /** What describes a packet is there before it. */
  #describe(folder: string, stream: StreamId, info: ClockInfo): void {
    const { classes } = stream;
    const { version, frozen } = classes;
    const known = this.#described.get(classes);
    if (known?.folder === folder && known.version === version) return;
    this.#described.set(classes, { folder, version });
    const metadata = `${folder}/metadata`;
    // What has been described more fully must stay so.
    if (frozen && isThere(metadata)) return;
    Deno.mkdirSync(`${folder}/${INFO_FOLDER}`, { recursive: true });
    // In a folder, or a tool would take it for a stream.
    const spare = `${folder}/${INFO_FOLDER}/new`;
    replace(infoPath(folder), spare, traceInfoText(stream, info));
    replace(metadata, spare, ctfMetadata(info, classes));
  }
}

/** Whoever opens the path finds the old text or the new one, whole. */
function replace(path: string, spare: string, text: string): void {
  Deno.writeTextFileSync(spare, text);
  Deno.renameSync(spare, path);
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Half a packet at the end would spoil the trace: all of it, or nothing. */
function append(open: RingFile, packet: Uint8Array): void {
  try {
    for (let done = 0; done < packet.length;) {
      done += open.file.writeSync(packet.subarray(done));
    }
  } catch (error) {
    open.file.truncateSync(open.bytes);
    open.file.seekSync(open.bytes, Deno.SeekMode.Start);
    throw error;
  }
  open.bytes += packet.length;
}
