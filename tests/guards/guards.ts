// SPDX-License-Identifier: MIT
/**
 * Lists the guards against a hostile guest. The control of each is the source
 * without it, and the tests that must then fail. (The controls of the object's
 * guards are in `tests/cli/objects_test.ts`, those of its owner's in
 * `tests/cli/owners_test.ts`.)
 *
 * @module
 */
import { EVENT_GUARDS } from "./event_guards.ts";
import { type Guard, of } from "./guard.ts";

const HEADER = of("ring/header.ts", "ring/header_test.ts", [
  ["tiny objects", "buffer.byteLength < ABI.REGION_BYTES_MIN", "false"],
  ["other magic", "magic !== ABI.MAGIC", "false"],
  ["other versions", "major !== ABI.ABI_MAJOR", "false"],
  ["unknown features", "if (unknown !== 0n)", "if (false)"],
  ["wrong checksum", "if (found === stated)", "if (true)"],
  [
    "ring count",
    'within(h, "nrRings", 1, ABI.RINGS_MAX)',
    "h.getUint32(H.nrRings, true) % 5000",
  ],
  ["header size", 'exactly(h, "headerBytes", H.size);', ""],
  ["descriptor stride", 'exactly(h, "ringStride", RING_DESC.size);', ""],
  ["descriptors askew", 'multiple("ringsOffset", offset, 64);', ""],
  [
    "descriptors beyond the object",
    "offset + nrRings * RING_DESC.size > buffer.byteLength",
    "false",
  ],
  [
    "a region larger than its object",
    "Math.min(ABI.REGION_BYTES_MAX, buffer.byteLength)",
    "ABI.REGION_BYTES_MAX * 2 ** 20",
  ],
  [
    "region size askew",
    'multiple("regionBytes", regionBytes, ABI.PAGE_BYTES);',
    "",
  ],
  [
    "block size no power of two",
    "(blockBytes & (blockBytes - 1)) !== 0",
    "false",
  ],
  ["session 0", "if (sessionId === 0n)", "if (false)"],
  [
    "unknown clock",
    'within(h, "clockId", ABI.CLOCK_NONE, ABI.CLOCK_TSC)',
    "h.getUint32(H.clockId, true)",
  ],
  [
    "clock without a rate",
    'within64(h, "clockHz", 1, 1e12)',
    'within64(h, "clockHz", 0, 1e12)',
  ],
  [
    "reserved bytes of the header",
    'zero("reserved", bytesOf(h, reserved, H.size - reserved));',
    "",
  ],
  ["live line askew", 'multiple("liveOffset", liveOffset, 64);', ""],
  [
    "host page askew",
    'multiple("hostOffset", hostOffset, ABI.PAGE_BYTES);',
    "",
  ],
  [
    "empty host page",
    'within(h, "hostBytes", hostLeast, regionBytes)',
    'within(h, "hostBytes", 0, regionBytes)',
  ],
  ["host page cut", 'multiple("hostBytes", hostBytes, ABI.PAGE_BYTES);', ""],
  ["parts that overlap", "if (start < end)", "if (false)"],
  ["parts beyond the region", "if (end > regionBytes)", "if (false)"],
  [
    "no data",
    'within64(h, "dataBytes", 1, regionBytes)',
    'within64(h, "dataBytes", 0, regionBytes)',
  ],
]);

const GEOMETRY = of("ring/ring_geometry.ts", "ring/header_test.ts", [
  [
    "unknown kind of ring",
    "kind !== ABI.KIND_TRACE && kind !== ABI.KIND_KLOG",
    "false",
  ],
  ["a ring's own block size", "ownBlockBytes !== blockBytes", "false"],
  [
    "too few or too many blocks",
    "nrBlocks < ABI.BLOCKS_MIN || nrBlocks > most",
    "false",
  ],
  [
    "a ring far outside",
    "dataOffset > BigInt(ABI.REGION_BYTES_MAX)",
    "false",
  ],
  [
    "a ring askew",
    'multiple(field("dataOffset"), Number(dataOffset), ABI.PAGE_BYTES);',
    "",
  ],
  ["rings that overlap", "if (ring.dataOffset < free)", "if (false)"],
  ["a ring beyond the data", "if (free > end)", "if (false)"],
]);

const RECORDS = of("ring/block_walk.ts", "ring/reader_test.ts", [
  ["block magic", "words[w + BLOCK.magic / 4] !== ABI.BLOCK_MAGIC", "false"],
  ["block stream", "words[w + BLOCK.streamId / 4] !== ring.kind", "false"],
  ["block cpu", "words[w + BLOCK.cpuId / 4] !== ring.cpu", "false"],
  [
    "packet size",
    "words[w + BLOCK.packetSize / 4] !== ring.blockBytes * 8",
    "false",
  ],
  ["first sequence beyond the limit", "firstSeq < 0", "false"],
  ["content beyond the block", "bytes <= blockBytes ? bytes : -1", "bytes"],
  ["a record beyond the content", "next <= end", "true"],
  ["a record out of sequence", "words[w + 3] === seq", "true"],
  ["record id 0", "(word & 0xffff) !== 0 &&", "true &&"],
  [
    "a time that falls",
    "(timeHigh > high || (timeHigh === high && timeLow >= low))",
    "true",
  ],
]);

const DRAIN = of("ring/ring_reader.ts", "ring/reader_test.ts", [
  ["impossible commit", "if (word < blockBytes)", "if (false)"],
  ["content within the header", " || end < BLOCK.size", ""],
  [
    "positions that go back",
    "if (position < this.#cursor && !awaited) this.#rewind();",
    "",
  ],
  [
    "another record at the cursor",
    "!fresh && !this.#verify(batch, at, from, end)",
    "false",
  ],
  [
    "a session that changes meanwhile",
    "if (!this.#sessionHolds()) return false;",
    "",
  ],
  [
    "a sequence that cannot be",
    "gap && !isPossible(",
    "false && !isPossible(",
  ],
  ["an impossible commit that was counted", "if (!this.#stuck) ", ""],
  [
    "sequences beyond the limit",
    "!cutAtLimit(batch, walk, this.#expected)",
    "true",
  ],
]);

const ENDS = [
  ...of("ring/ring_reader.ts", "ring/round_test.ts", [
    [
      "a guest that writes on where reading ends",
      "this.#end !== null && this.#end.commit < word",
      "false",
    ],
  ]),
  ...of("ring/region_reader.ts", "ring/round_test.ts", [
    [
      "a new session where reading ends",
      "if (this.#ends) ring.endAt(NOTHING);",
      "",
    ],
    [
      "a new session that has much to deliver first",
      "if (!this.#deliver(null, sink, null)) return false;",
      "this.#deliver(null, sink, null);",
    ],
  ]),
  ...of("ring/delivery.ts", "ring/round_test.ts", [
    [
      "a region that delivers while others wait",
      "if (this.left <= 0) return 0;",
      "",
    ],
  ]),
  ...of("ring/ctf/recorder.ts", "ring/round_test.ts", [
    [
      "a region that is recorded while others wait",
      "if (left <= 0) return { more: true, reformatted: false };",
      "",
    ],
  ]),
  ...of("ring/region_snapshot.ts", "ring/round_test.ts", [
    [
      "an older block over a newer one in a copy",
      "Math.max(1, start, newest - nrBlocks + 1)",
      "Math.max(1, start)",
    ],
    [
      "a block that is overwritten while it is copied",
      "ring.stillHolds(block) && this.#sessionHolds()",
      "true",
    ],
  ]),
];

const ROUNDS = of("ring/ring_reader.ts", "ring/rounds_test.ts", [
  [
    "a gap before a block without a record",
    "if (batch.count > 0) this.#afterGap = false;",
    "this.#afterGap = false;",
  ],
  [
    "a good block behind a bad one",
    "    this.#ahead = false;\n    return",
    "    return",
  ],
]);

const ROUNDS_OF_REGION = of("ring/delivery.ts", "ring/rounds_test.ts", [
  [
    "an old session's cut messages",
    "this.joiner = new PartJoiner(this.#totals);",
    "",
  ],
]);

const SOURCE = of("ring/ring_source.ts", "ring/reader_test.ts", [
  [
    "a slot with another block",
    "return this.#words.loadNumber(at) === block;",
    "return true;",
  ],
  ["padding that passes for a block", "(word - word % 8)", "word"],
  [
    "a first sequence that cannot be",
    "leadsTo(this.#ring, place, { newest, seq })",
    "true",
  ],
]);

const RESUME = of("ring/cursor_check.ts", "ring/cursor_test.ts", [
  ["a cursor and no commit", "if (mark.commit < blockBytes)", "if (false)"],
  ["a cursor above all that there is", "if (next > last)", "if (false)"],
  [
    "a message under way of which nothing is known",
    'return seq < next ? "the ring\'s sequence is none" : "";',
    'return "";',
  ],
  [
    "a cursor too far from the end",
    "haveRoom(ring, last - seq, end - position)",
    "true",
  ],
  [
    "a cursor that its block cannot hold",
    "(first < 0 || seq < first || seq > most)",
    "false",
  ],
  [
    "a message under way that is none",
    "return split && !isPart",
    "return false",
  ],
]);

const RESUMED = of("ring/ring_reader.ts", "ring/cursor_test.ts", [
  ["an impossible cursor", 'if (doubt === "") {', "{"],
  ["records beyond the end", "beyond ? 0 : start.next", "start.next"],
  [
    "drops beyond the ring's own",
    "Math.min(start.drops, drops)",
    "start.drops",
  ],
  [
    "a replay that is cut short",
    "if (this.#from === null || seq >= this.#replayUntil) {",
    "const next = Math.max(seq, this.#replayUntil);\n    if (next > 0) return { position, seq, next, drops };\n    if (this.#from === null) {",
  ],
]);

const CONSUMER = of("ring/consumer.ts", "ring/host_page_test.ts", [
  [
    "a consumer's place of another session",
    "shared.load(info.hostOffset + HOST.sessionId) !== sessionId",
    "false",
  ],
  [
    "a consumer's numbers beyond 2^52",
    "Math.min(position, next, drops) < 0",
    "false",
  ],
  [
    "a consumer's place askew",
    "position % ABI.RECORD_ALIGN !== 0",
    "false",
  ],
  ["a consumer's place in a header", "checkCursor(cursor, info);", ""],
  [
    "a consumer's record beyond its block",
    "if (offset + RECORD.size > end) return next;",
    "",
  ],
  [
    "a consumer that was killed between two stores",
    "const seq = sequenceAt(shared, ring, position, next);",
    "const seq = shared.loadNumber(at + CONSUMER.seq);",
  ],
  [
    "a consumer that was killed before it told the position",
    "torn: true",
    "torn: false",
  ],
]);

const LIMIT = of("ring/shared_words.ts", "ring/reader_test.ts", [
  [
    "words beyond 2^52",
    "const value = this.#halves[1] * HIGH + this.#halves[0];\n    return value < ABI.POSITION_LIMIT ? value : -1;",
    "return this.#halves[1] * HIGH + this.#halves[0];",
  ],
]);

const MERGE = of("ring/merge.ts", "fuzz/fuzz_test.ts", [
  [
    "an epoch that falls: delivery stands still",
    "if (before(this.newest, this.head)) setTime(this.newest, this.head);",
    "",
  ],
]);

const POOL = of("ring/batch_pool.ts", "ring/batch_pool_test.ts", [
  [
    "memory without a bound, for all regions",
    "if (this.#left <= 0 && !reserved) return null;",
    "",
  ],
  [
    "memory that another region holds",
    "held < RESERVED",
    "false",
  ],
  [
    "memory beyond the limit that is kept",
    "if (this.#left < 0) this.#left++;",
    "if (this.#left < 0) this.#spare.push(batch);",
  ],
]);

const JOIN = [
  ...of("ring/part_joiner.ts", "ring/join_test.ts", [
    ["a part within its header", "payloadBytes <= PART.size", "false"],
    ["a message beyond the limit", "total <= ABI.MESSAGE_BYTES_MAX", "true"],
    ["a part's own count", "data === payloadBytes - PART.size &&", ""],
    [
      "a part out of order",
      "offset === message.offset + message.filled",
      "true",
    ],
    ["a part of another total", "total === message.total", "true"],
    ["more bytes than the total", "&& offset + data <= total", ""],
    [
      "a rest that passes for what its beginning would explain",
      "view.headless && view.id !== ABI.ID_MESSAGE",
      "false",
    ],
    [
      "a message that is counted twice",
      "this.#parts.wasCut(view.ring.index, key) && view.headless",
      "false",
    ],
  ]),
  ...of("ring/incomplete_messages.ts", "ring/join_test.ts", [
    [
      "memory that is claimed and not used",
      "Math.min(total - offset, Math.max(need, 2 * length))",
      "total - offset",
    ],
    [
      "memory that grows by a part each time",
      "Math.max(need, 2 * length)",
      "need",
    ],
    [
      "messages under way without end",
      "ring.entries.size >= RING_MESSAGES_MAX",
      "false",
    ],
    [
      "memory for one ring's messages without end",
      "ring.bytes + bytes > RING_BYTES_MAX",
      "false",
    ],
    [
      "memory for a region's messages without end",
      "this.#bytes + bytes > REGION_BYTES_MAX",
      "false",
    ],
  ]),
];

const SEALING = [
  ...of("ring/ctf/packet_sealer.ts", "fuzz/fuzz_test.ts", [
    [
      "ids that no metadata describes",
      "this.#records.describe(batch, at);",
      "",
    ],
    ["times that fall in a trace", "this.#clamp(words, at);", ""],
  ]),
  ...of("ring/ctf/packet_sealer.ts", "ring/recorder_test.ts", [
    [
      "times that tools cannot show",
      "high > this.#latestHigh ||",
      "",
    ],
    [
      "such times in messages that are in order",
      "!this.#isOdd(words, offsets[count - 1])",
      "true",
    ],
  ]),
  ...of("ring/ctf/record_copy.ts", "fuzz/fuzz_test.ts", [
    [
      "parts of another length in a trace",
      "return part.getUint16(PART.dataBytes, true) === payloadBytes - PART.size;",
      "return true;",
    ],
  ]),
  ...of("ring/ctf/record_copy.ts", "ring/recorder_test.ts", [
    [
      "kernel log records of another length in a trace",
      "return readKlog(view) !== null;",
      "return true;",
    ],
    [
      "clock records that contradict",
      "if (clock === null) return false;",
      "if (clock === null) return true;",
    ],
    [
      "kernel events in a ring that has none",
      "view.ring.kind === ABI.KIND_TRACE\n",
      "true\n",
    ],
  ]),
  ...of("ring/ctf/epoch_classes.ts", "ring/recorder_test.ts", [
    [
      "classes of epochs without end",
      "this.#byEpoch.size > EPOCHS_MAX",
      "false",
    ],
    ["classes that are begun anew", "epoch <= this.#forgotten", "false"],
  ]),
  ...of("ring/ctf/packet_reader.ts", "ring/recorder_test.ts", [
    ["packets beyond their memory", "packetBytes <= PACKET_BYTES_MAX", "true"],
    ["content beyond its packet", "contentBytes <= packetBytes &&", ""],
    [
      "recorded records beyond the content",
      "if (end > most) return false;",
      "",
    ],
    [
      "recorded loss that falls",
      "if (discarded < this.#discarded) return false;",
      "",
    ],
  ]),
  ...of("ring/ctf/packet_classes.ts", "ring/recorder_test.ts", [
    [
      "records that disagree with their format",
      "|| !fits(format, payload)",
      "",
    ],
    ["texts that lie elsewhere", "if (span.offset !== at) return -1;", ""],
    [
      "ids that come again with another format",
      "this.#taken.has(format.id) ? this.#madeId : format.id",
      "format.id",
    ],
    ["formats without end", "id > MADE_ID_MAX || ", ""],
  ]),
  ...of("ring/ctf/recorder.ts", "ring/recorder_test.ts", [
    [
      "a file that was left",
      "batch.epoch > recording.stream.epoch",
      "batch.epoch !== recording.stream.epoch",
    ],
  ]),
];

const OUTPUT = [
  ...of("cli/formats/terminal.ts", "cli/terminal_test.ts", [
    ["a terminal that obeys", "replaceUnsafe(text, escape)", "text"],
    [
      "plain text that is none",
      "if (isPlain(source, offset, offset + count))",
      "if (true)",
    ],
    ["bytes that are no ASCII", " || byte >= 0x7f", ""],
  ]),
  ...of("cli/formats/text_lines.ts", "cli/terminal_test.ts", [
    [
      "lines that pass for messages",
      "into.append(CONTINUED, 0, CONTINUED.length);",
      "{}",
    ],
    [
      "lines without what stands before each",
      "into.append(into.reserve(prefixBytes), start, prefixBytes);",
      "",
    ],
  ]),
  ...of("cli/formats/event_text.ts", "cli/kernel_formats_test.ts", [
    [
      "an event of several lines",
      "appendSafe(this.into, from, offset, count)",
      "this.into.append(from, offset, count)",
    ],
  ]),
  ...of("cli/formats/text.ts", "cli/stamps_test.ts", [
    [
      "an object's name that commands",
      "replaceUnsafe(object, escapeShown)",
      "object",
    ],
  ]),
  ...of("cli/console/unsafe_text.ts", "cli/terminal_test.ts", [
    ["controls", "\\p{Cc}", ""],
    ["direction marks", "\\p{Cf}", ""],
    ["line separators", "\\p{Zl}", ""],
    ["characters without a look", "\\p{Default_Ignorable_Code_Point}", ""],
  ]),
];

const RUNS = [
  ...of("cli/formats/stamped_messages.ts", "cli/message_runs_test.ts", [
    [
      "lines without a stamp",
      "if (hasBefore(batch, NEWLINE, payload, last))",
      "if (false)",
    ],
  ]),
  ...of("cli/formats/json_string.ts", "cli/message_runs_test.ts", [
    [
      "words that have to be escaped",
      "if (isPlain(words[w], words[w + 1]))",
      "if (true)",
    ],
  ]),
  ...of("ring/ring_reader.ts", "cli/message_runs_test.ts", [
    [
      "runs in which the time falls",
      "walk.plain && !fallsBelow(before, batch, walk.count)",
      "walk.plain",
    ],
  ]),
  ...of("ring/block_walk.ts", "cli/message_runs_test.ts", [
    ["runs with other records", "walk.plain = others === 0;", ""],
  ]),
];

const CONVERTING = [
  ...of("cli/traces/print_fmt_source.ts", "cli/trace_dat_text_test.ts", [
    [
      "divisions by zero in other tools",
      'expression.right.op === "number" && expression.right.value > 0n',
      "true",
    ],
    [
      "characters that command",
      'conversion.letter === "c" ? "d" : conversion.letter',
      "conversion.letter",
    ],
    [
      "widths of a record in other tools",
      'throw new Unsupported("a width of a record");',
      "return 1e9;",
    ],
    [
      "bytes as text in other tools",
      'if (!isText) throw new Unsupported("bytes as text");',
      "",
    ],
    ["bytes beyond a field in other tools", "field.bytes >= bytes &&", ""],
  ]),
  ...of("cli/traces/expression_source.ts", "cli/trace_dat_text_test.ts", [
    [
      "counts beyond a field in other tools",
      "Math.min(wanted, most)",
      "wanted",
    ],
    [
      "counts of a record in other tools",
      "if (isDynamic(field)) {",
      "if (false) {",
    ],
    ["literals that end early", `.replaceAll('"', "'")`, ""],
  ]),
  ...of("cli/traces/ctf_names.ts", "cli/trace_dat_text_test.ts", [
    ["names in CTF that end early", `.replaceAll('"', "'")`, ""],
    ["backslashes of names in CTF", `name.replaceAll("\\\\", "/")`, "name"],
    ["names in CTF without end", "own.length <= NAMES_MAX", "true"],
  ]),
  ...of("cli/traces/safe_record_text.ts", "cli/trace_dat_text_test.ts", [
    ["controls in converted text", "text[i] < BLANK || ", ""],
    [
      "what hides in converted text",
      "if (!beyond || isSafe(text)) return;",
      "if (beyond || !beyond) return;",
    ],
  ]),
  ...of("cli/traces/task_names.ts", "cli/trace_dat_text_test.ts", [
    ["names of tasks that are lines", "byte >= 0x20 && byte < 0x7f", "true"],
    ["names of tasks without end", "this.#names.size === TASKS_MAX", "false"],
  ]),
  ...of("ring/events/task_names.ts", "ring/task_names_test.ts", [
    ["names that are kept without end", "names.size >= most", "false"],
    [
      "names of rings without end",
      "Math.max(OF_RING_MIN, Math.min(OF_RING_MAX, share))",
      "NAMES_MAX",
    ],
    [
      "names of an earlier start",
      "if (epoch !== this.#epoch) this.#turn(epoch);\n    this.#declares",
      "this.#declares",
    ],
  ]),
  ...of("ring/events/kernel_stack.ts", "ring/kernel_stack_test.ts", [
    [
      "stacks of more addresses than anybody takes",
      "frames <= FRAMES_MAX &&",
      "",
    ],
    [
      "stacks of another length than they say",
      "payloadBytes === caller.offset + frames * ADDRESS_BYTES",
      "true",
    ],
  ]),
  ...of("ring/events/stack_text.ts", "ring/kernel_stack_test.ts", [
    [
      "stacks that are printed without end",
      "text.length > PRINTED_BYTES_MAX",
      "false",
    ],
  ]),
  ...of("ring/task_record.ts", "ring/task_names_test.ts", [
    ["a name of another size", "payloadBytes !== TASK.size", "false"],
    ["a task without a number", "pid < 1", "false"],
    ["a name without an end", "length === ABI.COMM_BYTES", "false"],
  ]),
  ...of("ring/delivery.ts", "ring/task_names_test.ts", [
    ["names beyond what was copied", "if (end > batch.earlier) break;", ""],
  ]),
  ...of("cli/traces/trace_dat_events.ts", "cli/trace_dat_text_test.ts", [
    [
      "events that tools know otherwise",
      "own === KNOWN && !isKnown ? OTHERS : own",
      "own",
    ],
  ]),
  ...of("cli/traces/trace_dat_records.ts", "cli/trace_dat_text_test.ts", [
    [
      "texts over what says where others are",
      "if (span.bytes > 0 && offset < at + fixedBytes) return false;",
      "",
    ],
  ]),
  ...of("cli/traces/trace_dat_pages.ts", "cli/trace_dat_text_test.ts", [
    ["events beyond a page", "payload.length >= EVENT_BYTES_MAX", "false"],
  ]),
  ...of("cli/traces/ctf_event.ts", "cli/trace_dat_text_test.ts", [
    ["names that are there twice", "this.#isTaken(free)", "false"],
    [
      "names that a tool takes for each other",
      '(name.startsWith("_") && this.#taken.has(name.slice(1)))',
      "false",
    ],
  ]),
];

const KERNEL_LOG = [
  ...of("ring/klog.ts", "ring/klog_test.ts", [
    ["a log record too short", "payloadBytes < KLOG.size", "false"],
    ["a log record of another length", "!whole || ", ""],
    ["more skipped than were", " || skipped > seq", ""],
    ["a log time beyond the limit", "timeUs !== null && timeUs < 0", "false"],
  ]),
  ...of("ring/clock_record.ts", "ring/klog_test.ts", [
    ["a clock record too short", "payloadBytes !== CLOCK.size", "false"],
    [
      "a clock of another epoch",
      "view.getUint32(CLOCK.epoch, true) !== epoch ||",
      "",
    ],
    [
      "a clock of unknown reason",
      "(reason !== ABI.ANNOUNCE_START && reason !== ABI.ANNOUNCE_STEP)",
      "false",
    ],
  ]),
];

const REPORTS = [
  ...of("cli/printing/oops_joiner.ts", "cli/oops_joiner_test.ts", [
    ["reports without end: lines", "this.#records.length < LINES_MAX", "true"],
    [
      "reports without end: bytes",
      "this.#bytes + textBytes + 1 <= BYTES_MAX",
      "true",
    ],
    ["too many reports", "this.#open.length >= OPEN_MAX", "false"],
    ["too many lines behind", "this.#behind.length >= BEHIND_MAX", "false"],
  ]),
  ...of("cli/reports/report_line.ts", "cli/oops_joiner_test.ts", [
    ["long lines", "Math.min(textBytes, LOOK_BYTES)", "textBytes"],
  ]),
  ...of("cli/reports/report_state.ts", "cli/oops_joiner_test.ts", [
    ["programs that feign reports", "if (facility !== 0) return null;", ""],
    [
      "programs that end reports",
      'if (line.facility !== 0) return "outside";',
      "",
    ],
  ]),
];

/** All guards. */
export const GUARDS: readonly Guard[] = [
  ...HEADER,
  ...GEOMETRY,
  ...RECORDS,
  ...DRAIN,
  ...ENDS,
  ...ROUNDS,
  ...ROUNDS_OF_REGION,
  ...SOURCE,
  ...RESUME,
  ...RESUMED,
  ...CONSUMER,
  ...LIMIT,
  ...MERGE,
  ...POOL,
  ...JOIN,
  ...SEALING,
  ...CONVERTING,
  ...EVENT_GUARDS,
  ...KERNEL_LOG,
  ...OUTPUT,
  ...RUNS,
  ...REPORTS,
];
