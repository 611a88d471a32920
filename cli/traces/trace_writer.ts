// SPDX-License-Identifier: MIT
/**
 * Writes CTF 1.8 traces to disk: metadata that is made here, and packets that
 * are copied from the rings.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { isSameFile, statPath } from "../../ffi/stat.ts";
import type { PacketClasses } from "../../ring/ctf/packet_classes.ts";
import type { StreamId } from "../../ring/ctf/recorder.ts";
import { complain } from "../console/messages.ts";
import { type ChunkRules, ChunkSize } from "./chunk_size.ts";
import { ctfMetadata } from "./ctf_metadata.ts";
import type { OwnFolder } from "./own_folder.ts";
import { SpoiltFiles } from "./spoilt_files.ts";
import { type Harm, type Part, TraceFile } from "./stream_file.ts";
import type { TraceFolder } from "./recorder_folder.ts";
import { traceInfoText } from "./trace_info.ts";
import { recordedSymbols } from "./recorded_symbols.ts";
import { INFO_FILE, INFO_FOLDER, SYMBOLS_FILE } from "./trace_names.ts";

/** A file that others have removed or changed. */
interface Harmed {
  readonly harm: Harm;
  /** What was in it and is gone. */
  readonly gone: Part;
}

const NOTHING: Part = { records: 0, bytes: 0 };

/** The metadata of a trace that is on the disk. */
interface Described {
  /** Path of the folder, relative to the folder of all traces. */
  readonly inside: string;
  readonly folder: OwnFolder;
  readonly version: number;
  /** How recent the symbols are; 0 for none. */
  readonly symbols: number;
  /** The length of the texts that describe the trace. */
  readonly bytes: number;
}

const CHUNK_DIGITS = 6;
/**
 * How many files and folders a trace needs besides its rings: the folders of
 * session, epoch and information, and a file in each of the last two.
 */
const TRACE_FILES = 5;
/** A chunk has symbols only if they take no more than this share of its limit. */
const SYMBOLS_SHARE = 1 / 4;
/** The name of a file in a trace's folder. */
const METADATA = "metadata";
/** How often to check that the traces are still there, in ms. */
export const LOOK_MS = 1000;

/**
 * Writes trace directories below one folder: `session-S/epoch-E/ring-N`, and
 * the metadata beside the rings. If there are rules for chunks, all this is
 * below `chunk-000000`, `chunk-000001` and so on. A directory with metadata can
 * be opened at any time.
 *
 * If the trace is removed, renamed or cut while it is recorded, the next chunk
 * is begun, which needs nothing of those before it. Only what was made here is
 * ever written to or removed: see `OwnFolder`.
 */
export class CtfOutput implements Disposable {
  /** Called when records that were written are gone. */
  onGone: ((gone: Part) => void) | null = null;
  /** Files that keep tools from reading the trace. */
  readonly spoilt: SpoiltFiles;
  readonly #libc: Libc;
  readonly #folder: TraceFolder;
  readonly #inside: string;
  readonly #rules: ChunkRules | undefined;
  /** The file that each ring is written to; one at a time. */
  readonly #files = new Map<number, TraceFile>();
  /** The metadata on the disk: in which folder, and how recent. */
  #described = new WeakMap<PacketClasses, Described>();
  /** What was in those files of this chunk that are closed by now. */
  #closed: Part = NOTHING;
  #nextSession = 0;
  #chunk = 0;
  readonly #size: ChunkSize;
  #lookedMs = 0;
  /** When symbols were written last. */
  #symbolsMs = -LOOK_MS;
  /** Whether the streams have to begin again. */
  #turned = false;
  #toldLeft = false;
  /** Whether somebody else's folder has taken the place of all traces. */
  #isStuck = false;

  /**
   * @param folder Closed by the caller.
   * @param inside Where in the folder the traces are; "" for the folder itself.
   */
  constructor(
    libc: Libc,
    folder: TraceFolder,
    inside = "",
    rules?: ChunkRules,
  ) {
    this.#libc = libc;
    this.#folder = folder;
    this.#inside = inside;
    this.#rules = rules;
    this.#size = new ChunkSize(rules);
    this.spoilt = new SpoiltFiles(libc);
  }

  /** The number of the next session, of which nothing is written yet. */
  get nextSession(): number {
    return this.#nextSession;
  }

  /**
   * Begins the next chunk if it is time to, or if this one is gone. All streams
   * then have to begin again.
   *
   * @param bytes The most that will be written next.
   * @returns Whether a chunk was begun.
   */
  rotates(bytes: number): boolean {
    const full = this.#size.isFull(bytes);
    this.look(full); // a chunk is not looked at after its end
    if (full && !this.#turned) this.#turn();
    return this.takeTurn();
  }

  /** Tells whether a chunk was begun since the last call. */
  takeTurn(): boolean {
    const turned = this.#turned;
    this.#turned = false;
    return turned;
  }

  /**
   * Checks that the files being written are still there, once a second at most.
   * If not, reports that and begins the next chunk.
   *
   * @param now Whether to check even if the last check was a moment ago.
   */
  look(now = false): void {
    const nowMs = performance.now();
    if (!now && nowMs - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = nowMs;
    const described = this.#isDescribed();
    const harms = this.#takeHarmed();
    if (described && harms.length === 0) return;
    this.#lose(harms);
  }

  /**
   * Checks that recording can go on. To be called before reading anything that
   * will be recorded.
   *
   * @throws {SyscallError} if others have put a folder of theirs in the place
   * of the traces' folder.
   */
  check(): void {
    if (this.#isStuck) this.#folder.remake();
    this.#isStuck = false;
  }

  /**
   * Appends a packet to its stream's file.
   *
   * @throws {SyscallError} such as ENOSPC; nothing of the packet is then
   * written.
   */
  write(
    stream: StreamId,
    packet: Uint8Array<ArrayBuffer>,
    records: number,
  ): void {
    const { session, epoch, ring } = stream;
    this.#nextSession = Math.max(this.#nextSession, session + 1);
    this.#size.willWrite();
    const inside = `${this.#place()}session-${session}/epoch-${epoch}`;
    let folder = this.#describe(inside, stream);
    let file = this.#files.get(ring.index);
    if (file?.folder !== folder) {
      this.#leave(ring.index);
      // The folder may have been removed since the last look.
      if (!folder.isThere) folder = this.#describe(inside, stream, true);
      file = new TraceFile(this.#libc, folder, `ring-${ring.index}`);
      this.#files.set(ring.index, file);
      this.#size.charge(inside, 1);
    }
    file.append(packet, records);
    this.#size.wrote(packet.length);
  }

  /** Closes the files. Idempotent. */
  close(): void {
    for (const ring of [...this.#files.keys()]) this.#leave(ring);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Tells whether the metadata of the current traces exists, and was made here.
   */
  #isDescribed(): boolean {
    const files = [...this.#files.values()];
    const folders = new Set(files.map(({ folder }) => folder));
    return [...folders].every((folder) => {
      const mark = folder.markOf(METADATA);
      const there = statPath(this.#libc, `${folder.path}/${METADATA}`);
      return mark !== null && isSameFile(there, mark);
    });
  }

  #turn(): void {
    const last = this.#chunk;
    this.close();
    this.#chunk++;
    this.#size.begin();
    this.#closed = NOTHING;
    this.#turned = true;
    const keep = this.#rules?.keep;
    if (keep === undefined) this.#folder.forget(this.#folderOf(last));
    else if (this.#chunk >= keep) this.#remove(this.#chunk - keep);
  }

  /**
   * Closes the files that others have removed or changed, and returns what
   * happened.
   */
  #takeHarmed(): Harmed[] {
    return [...this.#files].map(([ring, file]) => {
      return file.harm === "" ? null : this.#settled(ring, file);
    }).filter((harmed) => harmed !== null);
  }

  /**
   * Closes a file that takes no more packets.
   *
   * @returns What others have done to it, and what is gone.
   */
  #settled(ring: number, file: TraceFile): Harmed {
    const { harm, records, bytes, sound } = file;
    const isGone = harm === "removed" || harm === "cut";
    if (!isGone) this.#closed = sum(this.#closed, sound);
    if (harm === "cut") file.empty();
    if (harm === "longer") this.spoilt.add(file);
    this.#files.delete(ring);
    file.close();
    const left = isGone ? NOTHING : sound;
    return {
      harm,
      gone: { records: records - left.records, bytes: bytes - left.bytes },
    };
  }

  /** Reports what is gone, and begins the next chunk. */
  #lose(harmed: readonly Harmed[]): void {
    const place = this.#shownPlace();
    const isAll = this.#files.size === 0 && harmed.length > 0 &&
      harmed.every(({ harm }) => harm === "removed");
    const gone = harmed.map((each) => each.gone)
      .reduce(sum, isAll ? this.#closed : NOTHING);
    this.onGone?.(gone);
    this.#turn();
    const { isFree } = this.#folder;
    this.#isStuck = !isFree;
    complain(
      `${place}: ${harmText(harmed, gone.records)} while it was recorded to: ` +
        (isFree
          ? `what comes next goes to ${this.#shownPlace()}`
          : "what is there now is not this recorder's, stays as it is, and " +
            "takes nothing more"),
    );
  }

  /**
   * Removes what was made for a chunk, and reports it if others have added to
   * it.
   */
  #remove(chunk: number): void {
    const left = this.#folder.isNamed &&
      this.#folder.remove(this.#folderOf(chunk));
    if (!left || this.#toldLeft) return;
    this.#toldLeft = true;
    complain(
      `${this.#folder.path}/${this.#folderOf(chunk)}: not removed: ` +
        "others have put something there, which stays, as in further chunks",
    );
  }

  /** Closes a ring's file, and reports what of it is gone. */
  #leave(ring: number): void {
    const file = this.#files.get(ring);
    if (file === undefined) return;
    const harmed = this.#settled(ring, file);
    const { harm, gone } = harmed;
    if (harm === "removed" || harm === "cut") {
      const what = harmText([harmed], gone.records);
      complain(`${file.path}: ${what} while it was recorded to`);
    }
    this.onGone?.(gone);
  }

  /** Returns the folder that is recorded to now, for people. */
  #shownPlace(): string {
    return `${this.#folder.path}/${this.#place()}`.replace(/\/$/, "");
  }

  /**
   * Returns the path of a chunk in the folder: empty, or with a final slash.
   */
  #place(): string {
    const chunked = this.#rules !== undefined || this.#chunk > 0;
    if (chunked) return this.#chunkPlace(this.#chunk);
    return this.#inside === "" ? "" : `${this.#inside}/`;
  }

  #chunkPlace(chunk: number): string {
    return `${this.#folderOf(chunk)}/`;
  }

  #folderOf(chunk: number): string {
    const name = `chunk-${String(chunk).padStart(CHUNK_DIGITS, "0")}`;
    return this.#inside === "" ? name : `${this.#inside}/${name}`;
  }

  /**
   * Makes sure that what describes a packet is on the disk before the packet.
   *
   * @param remakes Whether to make the folder again, even if it is known.
   * @returns The folder that the packet belongs in.
   */
  #describe(inside: string, stream: StreamId, remakes = false): OwnFolder {
    const { classes } = stream;
    const { version, frozen } = classes;
    const symbols = stream.symbols()?.version ?? 0;
    let bytes = 0;
    const known = remakes ? undefined : this.#described.get(classes);
    const isPlace = known?.inside === inside;
    const isSame = isPlace &&
      (known.symbols === symbols || !this.#mayWriteSymbols());
    if (isSame && known.version === version) return known.folder;
    this.#folder.remake();
    const folder = this.#folder.make(inside);
    // A fuller description that is there already must not be replaced.
    if (!frozen || folder.markOf(METADATA) === null) {
      // The file is in a folder, because a tool would take it for a stream
      // otherwise.
      const info = folder.folder(INFO_FOLDER);
      const [infoText, metadata] = [
        traceInfoText(stream),
        ctfMetadata(classes),
      ];
      info.replaceText(INFO_FILE, info, infoText);
      if (symbols > 0 && !isSame) this.#writeSymbols(info, stream);
      folder.replaceText(METADATA, info, metadata);
      bytes = infoText.length + metadata.length;
      if (isPlace) {
        this.#size.charge(inside, 0, bytes - known.bytes);
      } else this.#size.charge(inside, TRACE_FILES, bytes);
    }
    const described = {
      inside,
      folder,
      version,
      symbols: isSame ? known.symbols : symbols,
      bytes,
    };
    this.#described.set(classes, described);
    return folder;
  }

  /**
   * Tells whether changed symbols may be written again: a guest that changes
   * them all the time must not make the host write all the time.
   */
  #mayWriteSymbols(): boolean {
    return performance.now() - this.#symbolsMs >= LOOK_MS;
  }

  /** Writes the guest's symbols, unless they would fill a chunk. */
  #writeSymbols(info: OwnFolder, { symbols }: StreamId): void {
    const bytes = recordedSymbols(symbols()?.texts() ?? []);
    const limitBytes = this.#rules?.limitBytes ?? Infinity;
    if (bytes.length === 0 || bytes.length > limitBytes * SYMBOLS_SHARE) return;
    info.replaceText(SYMBOLS_FILE, info, bytes);
    this.#symbolsMs = performance.now();
    this.#size.wrote(bytes.length);
  }
}

function sum(one: Part, other: Part): Part {
  return {
    records: one.records + other.records,
    bytes: one.bytes + other.bytes,
  };
}

function harmText(harmed: readonly Harmed[], records: number): string {
  const has = (harm: Harm) => harmed.some((each) => each.harm === harm);
  const what = [has("removed") ? "removed" : "", has("cut") ? "cut" : ""]
    .filter((text) => text !== "").join(" or ");
  if (what !== "") return `${what}, with ${records} records,`;
  return has("longer")
    ? "appended to by others"
    : "renamed, or changed by others,";
}
