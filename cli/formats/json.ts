// SPDX-License-Identifier: MIT
/**
 * JSON: one object a line, with the members that log shippers look for.
 *
 * What members they have is described in packaging/json/lines.ts, from which
 * docs/reference/json.md and its schema are made. A test holds what is printed
 * here against them, so that a new member has to be described there.
 *
 * Numbers that are 2^53 or more away from 0 are strings of digits, because many
 * parsers would round them; `clock` is always a string. So are addresses:
 * "0xffff888003b1d000".
 *
 * @module
 */
import { readClock } from "../../ring/clock_record.ts";
import type { RegionInfo } from "../../ring/header.ts";
import { readKlog } from "../../ring/klog.ts";
import { ABI } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { readTask } from "../../ring/task_record.ts";
import { facilityName } from "../../ring/log_levels.ts";
import {
  type GuestEvent,
  guestEventLevel,
  guestEventText,
} from "../regions/guest_event.ts";
import { sessionText } from "../../ring/state_names.ts";
import { takeoverReason } from "../../ring/takeover_record.ts";
import type { OutputBuffer } from "./output_buffer.ts";
import { ClockState } from "./region_clocks.ts";
import {
  appendDigits,
  appendHex,
  appendInteger,
  appendUnsigned,
} from "./append_number.ts";
import type {
  EventLookup,
  FormatOptions,
  Formatter,
  MessagesFormat,
  OutputFormat,
} from "./formatter.ts";
import { JsonEvents } from "./json_events.ts";
import { JsonMessages, type LinePlaces } from "./json_messages.ts";
import { appendReport } from "./json_report.ts";
import { appendJsonString, jsonText } from "./json_string.ts";
import { INFO, SEVERITIES, WARNING } from "./severity.ts";
import { hostSecond } from "./stamp.ts";
import type { Moment } from "./clock_to_utc.ts";

/** The JSON format: one object on each line, whatever the guest wrote. */
export const JSON_FORMAT: OutputFormat = {
  name: "json",
  summary: "one object on each line",
  distinct: true, // each line has its ring and sequence
  forPeople: false,
  create: (options) => new JsonFormatter(options),
};

const NEWLINE = 0x0a;
const HIGH = 0x100000000;
const NS_DIGITS = 9;
const utf8 = (text: string) => new TextEncoder().encode(text);
const TIMESTAMP = utf8('{"timestamp":"');
const TIMESTAMP_END = utf8('Z"');
const TIMESTAMP_NULL = utf8('{"timestamp":null');
const CLOCK = utf8(',"clock":"');
const MESSAGE = utf8(`","event":"message"${SEVERITIES[INFO]}`);
const KLOG = SEVERITIES.map((each) => utf8(`","event":"klog"${each}`));
const KLOG_SEQ = utf8(',"fields":{"seq":');
const KLOG_LEVEL = utf8(',"level":');
const KLOG_FACILITY = utf8(',"facility":"');
const KLOG_TIME = utf8('","time_us":');
const KLOG_SKIPPED = utf8(',"skipped":');
const CLOSE = utf8("}");
const TRUNCATED = utf8(',"truncated":true');
const HEADLESS = utf8(',"headless":true');
const END = utf8("}\n");

function put(into: OutputBuffer, bytes: Uint8Array): void {
  into.append(bytes, 0, bytes.length);
}

class JsonFormatter implements Formatter {
  readonly messages: MessagesFormat;
  readonly #clock = new ClockState();
  readonly #host: string;
  readonly #object: string;
  readonly #jsonEvents = new JsonEvents();
  readonly #jsonMessages: JsonMessages;
  /** Where the numbers end in the line that was begun last. */
  readonly #ends: LinePlaces = { nsEnd: 0, seqEnd: 0, clockEnd: 0 };
  /** For each ring, the bytes between `timestamp` and the value of `seq`. */
  #places: Uint8Array[] = [];
  #events: EventLookup | null = null;

  constructor({ host, object }: FormatOptions) {
    this.#host = jsonText(host);
    this.#object = jsonText(object);
    const messages = new JsonMessages((record, into) => {
      this.#begin(record, record, into);
      put(into, MESSAGE);
      return this.#ends;
    }, this.#clock.wall);
    this.#jsonMessages = messages;
    this.messages = (run, into, sizes, end) =>
      messages.append(run, into, sizes, end);
  }

  attached(info: RegionInfo, events: EventLookup): void {
    this.#clock.attached(info);
    this.#events = events;
    this.#jsonMessages.clear();
    this.#places = info.rings.map(({ cpu, index }) => {
      const shown = cpu === ABI.CPU_NONE ? "null" : cpu;
      return utf8(
        `,"host":${this.#host},"object":${this.#object},` +
          `"cpu":${shown},"ring":${index},"seq":`,
      );
    });
  }

  shows(): boolean {
    return true;
  }

  skip(view: RecordView): void {
    if (view.id === ABI.ID_CLOCK) this.#clock.announced(view);
    else this.#events?.pass(view);
  }

  record(view: RecordView, into: OutputBuffer): void {
    switch (view.id) {
      case ABI.ID_MESSAGE: {
        this.#begin(view, view, into);
        put(into, MESSAGE);
        const { bytes, payloadOffset: at, payloadBytes: count } = view;
        const ended = count > 0 && bytes[at + count - 1] === NEWLINE;
        appendJsonString(into, bytes, at, ended ? count - 1 : count);
        break;
      }
      case ABI.ID_KLOG:
        this.#klog(view, into);
        break;
      case ABI.ID_CLOCK:
        this.#announcement(view, into);
        break;
      case ABI.ID_TASK:
        this.#task(view, into);
        break;
      case ABI.ID_TAKEOVER: {
        this.#begin(view, view, into);
        const reason = takeoverReason(view);
        into.appendText(
          `","event":"takeover"${SEVERITIES[WARNING]}` +
            `"ring ${view.ring.index} was taken over: ${reason}",` +
            `"reason":"${reason}"`,
        );
        break;
      }
      default:
        this.#event(view, into);
    }
    if (view.records > 1) {
      const { firstSeq, records } = view;
      into.appendText(`,"first_seq":${firstSeq},"records":${records}`);
    }
    if (view.headless) put(into, HEADLESS);
    if (view.truncated) put(into, TRUNCATED);
    put(into, END);
  }

  guest(event: GuestEvent, into: OutputBuffer): void {
    const { utcMs, state, reason, previous } = event;
    const ns = String(utcMs % 1000 * 1e6).padStart(NS_DIGITS, "0");
    const panic = event.panicText === "" ? "null" : jsonText(event.panicText);
    into.appendText(
      `{"timestamp":"${hostSecond(utcMs)}.${ns}Z","host":${this.#host},` +
        `"object":${this.#object},"cpu":null,"ring":null,"seq":null,` +
        `"clock":null,"event":"guest"${SEVERITIES[guestEventLevel(event)]}` +
        `${jsonText(guestEventText(event))},"state":"${state}",` +
        `"reason":"${reason}","fields":{"previous":${
          previous === null ? null : jsonText(previous)
        },` +
        `"session":"${sessionText(event.sessionId)}","epoch":${event.epoch},` +
        `"heartbeats":"${event.heartbeat}",` +
        `"still_s":${Math.round(event.stillMs / 1000)},"panic":${panic}}}\n`,
    );
  }

  /** Appends what every record has, up to within the string of `clock`. */
  #begin(view: RecordView, moment: Moment, into: OutputBuffer): void {
    const { wall } = this.#clock;
    if (wall.convert(moment)) {
      put(into, TIMESTAMP);
      put(into, wall.prefix);
      appendDigits(into, wall.ns, NS_DIGITS);
      this.#ends.nsEnd = into.length;
      put(into, TIMESTAMP_END);
    } else put(into, TIMESTAMP_NULL);
    put(into, this.#places[view.ring.index]);
    appendUnsigned(into, Math.floor(view.seq / HIGH), view.seq >>> 0);
    this.#ends.seqEnd = into.length;
    put(into, CLOCK);
    appendUnsigned(into, view.timeHigh, view.timeLow);
    this.#ends.clockEnd = into.length;
  }

  #klog(view: RecordView, into: OutputBuffer): void {
    const klog = readKlog(view);
    if (klog === null) return this.#opaque(view, into);
    this.#begin(view, this.#clock.momentOf(view, klog), into);
    const { seq, level, facility, timeUs, skipped } = klog;
    put(into, KLOG[level]);
    appendJsonString(into, view.bytes, klog.textOffset, klog.textBytes);
    put(into, KLOG_SEQ);
    appendInteger(into, seq);
    put(into, KLOG_LEVEL);
    appendInteger(into, level);
    put(into, KLOG_FACILITY);
    into.appendText(facilityName(facility));
    put(into, KLOG_TIME);
    if (timeUs === null) into.appendText("null");
    else appendInteger(into, timeUs);
    put(into, KLOG_SKIPPED);
    appendInteger(into, skipped);
    put(into, CLOSE);
    appendReport(view, into);
  }

  #announcement(view: RecordView, into: OutputBuffer): void {
    const clock = readClock(view);
    if (clock === null) return this.#opaque(view, into);
    this.#clock.announced(view);
    this.#begin(view, view, into);
    const start = clock.reason === ABI.ANNOUNCE_START;
    const message = start ? "the driver started" : "the guest's clock was set";
    into.appendText(
      `","event":"clock"${SEVERITIES[INFO]}"${message}",` +
        `"reason":"${start ? "start" : "step"}",` +
        `"fields":{"clock":"${clock.clockValue}","utc_ns":"${clock.utcNs}"}`,
    );
  }

  #task(view: RecordView, into: OutputBuffer): void {
    const task = readTask(view);
    if (task === null) return this.#opaque(view, into);
    this.#begin(view, view, into);
    const { pid, tgid, comm } = task;
    into.appendText(
      `","event":"task"${SEVERITIES[INFO]}${
        jsonText(`task ${pid}: ${comm}`)
      },` +
        `"pid":${pid},"tgid":${tgid},"comm":${jsonText(comm)}`,
    );
  }

  #event(view: RecordView, into: OutputBuffer): void {
    const format = view.id <= ABI.ID_KERNEL_MAX
      ? this.#events?.describe(view) ?? null
      : null;
    if (format === null) return this.#opaque(view, into);
    this.#begin(view, view, into);
    this.#jsonEvents.append(format, view, this.#events!, into);
  }

  #opaque(view: RecordView, into: OutputBuffer): void {
    this.#begin(view, view, into);
    const { bytes, payloadOffset, payloadBytes, id } = view;
    into.appendText(
      `","event":"opaque"${SEVERITIES[INFO]}` +
        `"event ${id}, ${payloadBytes} bytes","id":${id},"data":"`,
    );
    appendHex(into, bytes, payloadOffset, payloadBytes);
    into.appendText('"');
  }
}
