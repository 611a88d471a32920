// SPDX-License-Identifier: MIT
/**
 * Lists the guards against what a hostile guest publishes about kernel events:
 * the metadata area, symbols, formats.
 *
 * @module
 */
import { type Guard, of } from "./guard.ts";

const METADATA = [
  ...of("ring/events/metadata.ts", "ring/event_table_test.ts", [
    [
      "a part of other driver starts",
      "epoch % ABI.META_PARTS === index &&",
      "",
    ],
    ["metadata within its head", "commit >= META.size && ", ""],
    ["metadata beyond its part", "commit <= bytes && ", ""],
    ["metadata askew", " && commit % ABI.RECORD_ALIGN === 0", ""],
    [
      "metadata of another session",
      "if (!this.#sessionHolds()) return null;",
      "",
    ],
    ["a part that changes hands", "this.#loadEpoch() !== epoch || ", ""],
    ["a part begun anew", " || this.#loadCommit() < commit", ""],
    ["a text of no bytes", "textBytes === 0 || ", ""],
    ["a text beyond the limit", "textBytes > ABI.META_TEXT_BYTES_MAX", "false"],
    ["a text beyond its part", "end > copy.length", "false"],
    ["text of an unknown kind", "=== ABI.META_FORMAT &&", ">= 0 &&"],
    [
      "text with another checksum",
      "view.getUint32(at + META_ENTRY.checksum, true) === crc32(text)",
      "true",
    ],
  ]),
  ...of("ring/events/event_table.ts", "ring/event_table_test.ts", [
    ["text about another id", "format.id !== entry.id", "false"],
    ["driver starts without end", "this.#epochs.size === EPOCHS_MAX", "false"],
    [
      "text of many driver starts",
      "this.#keptBytes + keptBytesOf(text) > KEPT_BYTES_MAX",
      "false",
    ],
    [
      "texts without end",
      "if (this.#keptBytes + keptBytes > KEPT_BYTES_MAX) return false;",
      "",
    ],
    [
      "metadata of a guest that went back",
      "if (wentBack) part.forget();",
      "",
    ],
    [
      "times that fall in metadata",
      "isLater(same[same.length - 1], timeLow, timeHigh)",
      "false",
    ],
    ["records unlike their format", " || !fits(format, record)", ""],
  ]),
  ...of("ring/events/event_values.ts", "ring/event_table_test.ts", [
    [
      "records too short for their format",
      "payloadBytes < format.fixedBytes",
      "false",
    ],
    [
      "records of another id than they have",
      "(bytes[at] | bytes[at + 1] << 8) !== format.id",
      "false",
    ],
    ["dynamic fields that share bytes", "return left >= 0;", "return true;"],
  ]),
  ...of("ring/events/payload.ts", "ring/event_table_test.ts", [
    ["dynamic fields outside", "start + bytes <= payloadBytes", "true"],
  ]),
];

const SYMBOLS = [
  ...of("ring/symbols/inflate.ts", "ring/symbols_test.ts", [
    ["what is compressed without end", "if (size > mostBytes)", "if (false)"],
    ["compressed bytes that are spoilt", "!== crc32(out)", "< 0"],
  ]),
  ...of("ring/symbols/symbol_slice.ts", "ring/symbols_test.ts", [
    ["slices that grow too much", "bytes.length * RATIO_MAX", "Infinity"],
    ["controls in names", "fits = isNameByte(this.#bytes[i])", "fits = true"],
    [
      "functions' names without end",
      "end - name <= SYMBOL_NAME_BYTES_MAX &&",
      "",
    ],
    ["functions of no size", " && size > 0 &&\n", " &&\n"],
    ["functions without an address", " && this.#high >= 0;", ";"],
    ["addresses of more than 64 bits", "|| high >= HIGH", ""],
    ["controls in modules' names", "isNameByte(byte) && byte", "byte"],
  ]),
  ...of("ring/symbols/symbol_summary.ts", "ring/symbols_test.ts", [
    ["summaries without end", "text.length > TEXT_BYTES_MAX ||", ""],
    ["slices without end", "slices > SLICES_MAX", "false"],
    ["anchors without end", "anchors.length === ANCHORS_MAX", "false"],
  ]),
  ...of("ring/symbols/published_symbols.ts", "ring/symbols_test.ts", [
    ["symbols without end", "table.bytes > this.#memory.leftBytes", "false"],
  ]),
  ...of("ring/symbols/cached_symbols.ts", "ring/symbols_test.ts", [
    ["remembering without end", "this.#found.size === REMEMBERED_MAX", "false"],
  ]),
  ...of("cli/symbols/elf_symbols.ts", "cli/symbol_files_test.ts", [
    ["tables of symbols without end", "bytes > TABLE_BYTES_MAX", "false"],
    ["names that overlap", "nameBytes > 2 * names.length", "false"],
  ]),
];

const FORMATS = [
  ...of("ring/events/event_field.ts", "ring/event_format_test.ts", [
    ["fields beyond all records", "if (end > OFFSET_LIMIT)", "if (false)"],
    ["dynamic fields of another size", "WORD_BYTES.has(bytes)", "true"],
    [
      "declarations without end",
      "match[1].length > DECLARATION_MAX",
      "false",
    ],
  ]),
  ...of("ring/events/event_format.ts", "ring/event_format_test.ts", [
    [
      "format texts without end",
      "source.length > ABI.META_TEXT_BYTES_MAX",
      "false",
    ],
    ["fields without end", "fields.length > FIELDS_MAX", "false"],
    ["ids of no event", "id < 1 || id > ABI.ID_KERNEL_MAX", "false"],
    ["other common fields", "checkCommon(common);", ""],
    ["fields twice", "seen.has(name)", "false"],
    ["fields over each other", "open || offset < end", "false"],
  ]),
  ...of("ring/events/event_table.ts", "ring/event_table_test.ts", [
    ["used formats without end", "this.#used.length < NEWS_MAX", "true"],
    ["refusals without end", "this.#refused.length < NEWS_MAX", "true"],
  ]),
  ...of("ring/events/print_tokens.ts", "ring/event_print_test.ts", [
    ["words skipped again and again", "++this.#skipped > most", "false"],
    ["print fmt with controls", "/[^\\t -~]/g", "/(?!)/g"],
  ]),
  ...of("ring/events/print_parser.ts", "ring/event_print_test.ts", [
    ["expressions without end", "++this.#depth > DEPTH_MAX", "false"],
    ["types parsed again and again", "name?.isTypeof", "false"],
    [
      "variables that double",
      "weightOf(value, WEIGHT_MAX) >= WEIGHT_MAX",
      "false",
    ],
  ]),
  ...of("ring/events/print_names.ts", "ring/event_print_test.ts", [
    ["names without end", "names.length > NAMES_MAX", "false"],
  ]),
  ...of("ring/events/print_calls.ts", "ring/event_print_test.ts", [
    ["prefixes without end", "prefix.length > PREFIX_MAX", "false"],
  ]),
  ...of("ring/events/print_format.ts", "ring/event_print_test.ts", [
    ["arguments without end", "values.length < ARGUMENTS_MAX", "true"],
    ["constants without end", "bytes > CONSTANT_BYTES_MAX", "false"],
    ["computing without end", "return left < 0;", "return false;"],
    [
      "widths without end",
      "Math.min(Number(digits), COUNT_MAX)",
      "Number(digits)",
    ],
    [
      "widths of a record without end",
      "Math.min(Math.abs(width), COUNT_MAX)",
      "Math.abs(width)",
    ],
    [
      "precisions of a record without end",
      "Math.min(precision, COUNT_MAX)",
      "precision",
    ],
  ]),
  ...of("ring/events/print_value.ts", "ring/event_print_test.ts", [
    ["places beyond the record", "before || left < 0 ? 0 : left", "left"],
    ["numbers beyond the record", "found.bytes < type.bytes", "false"],
  ]),
  ...of("ring/events/print_bytes.ts", "ring/event_print_test.ts", [
    ["hex beyond the record", "Math.min(wanted, found.bytes, room)", "wanted"],
    [
      "arrays beyond the record",
      "Math.min(wanted, Math.floor(bytes / size), room)",
      "wanted",
    ],
  ]),
  ...of("ring/events/print_pointer.ts", "ring/event_print_test.ts", [
    ["identifiers beyond the record", "pointed.count < found.bytes", "false"],
    [
      "hex beyond the record, by its width",
      "Math.min(width, HEX_MAX, count)",
      "Math.min(width, HEX_MAX)",
    ],
    [
      "bits beyond the record",
      "Math.min(width, pointed.count * 8)",
      "width",
    ],
  ]),
  ...of("ring/events/print_value.ts", "ring/kernel_functions_test.ts", [
    [
      "functions that read another field",
      "locate(field, payload, span);\n  if (offset === null) return;",
      "find(place, payload, span);\n  if (offset === null) return;",
    ],
  ]),
  ...of("ring/events/print_statements.ts", "ring/kernel_functions_test.ts", [
    ["known statements about arrays", 'kind !== "integer"', "false"],
  ]),
  ...of(
    "ring/events/functions/kernel_function.ts",
    "ring/kernel_functions_test.ts",
    [
      [
        "names with controls",
        'byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "?"',
        "String.fromCharCode(byte)",
      ],
      [
        "commands that end too early",
        "if (error instanceof RangeError) return null;",
        "",
      ],
    ],
  ),
  ...of("ring/events/functions/nvme.ts", "ring/kernel_functions_test.ts", [
    ["NVMe's commands, cut", "place.length < COMMAND_BYTES", "false"],
  ]),
  ...of("ring/events/functions/hfi1.ts", "ring/kernel_functions_test.ts", [
    ["numbers beyond an array", "Math.floor(bytes.length / 4)", "Infinity"],
  ]),
  ...of("ring/events/functions/mlx5.ts", "ring/kernel_functions_test.ts", [
    ["actions beyond an array", "Math.floor(bytes.length / 4)", "Infinity"],
    ["headers, cut", "length < HEADERS_BYTES", "false"],
  ]),
  ...of("ring/events/print_expression.ts", "ring/kernel_functions_test.ts", [
    [
      "calls without end",
      "Math.max(CALL_BYTES, expression.name.length)",
      "expression.name.length",
    ],
  ]),
  ...of("ring/events/print_expression.ts", "ring/event_print_test.ts", [
    [
      "flags without end that say nothing",
      "Math.max(FLAG_BYTES, name.length + delimiter.length)",
      "name.length + delimiter.length",
    ],
  ]),
  ...of("ring/events/printer.ts", "ring/event_print_test.ts", [
    [
      "numbers printed without end",
      "const fits = ascii.length <= this.#left;",
      "const fits = true;",
    ],
    [
      "texts printed without end",
      "const most = Math.min(count, this.#left);",
      "const most = count;",
    ],
  ]),
];

/** The guards of `ring/events/` and `ring/symbols/`. */
export const EVENT_GUARDS: readonly Guard[] = [
  ...METADATA,
  ...SYMBOLS,
  ...FORMATS,
];
