// SPDX-License-Identifier: MIT
/**
 * The functions of Intel's RDMA driver. Source: the kernel's
 * drivers/infiniband/hw/irdma/trace.c, with include/rdma/iw_cm.h.
 *
 * @module
 */
import { pointedText } from "../print_pointer.ts";
import {
  type KernelFunction,
  type KernelFunctions,
  named,
  u16,
  u32,
  u8,
} from "./kernel_function.ts";

const STATES = [
  "UNKNOWN",
  "INITED",
  "LISTENING",
  "SYN_RCVD",
  "SYN_SENT",
  "ONE_SIDE_ESTABLISHED",
  "ESTABLISHED",
  "ACCEPTING",
  "MPAREQ_SENT",
  "MPAREQ_RCVD",
  "MPAREJ_RECVD",
  "OFFLOADED",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "CLOSE_WAIT",
  "TIME_WAIT",
  "LAST_ACK",
  "CLOSING",
  "LISTENER_DESTROYED",
  "CLOSED",
];

const EVENTS = [
  "none",
  "CmEstablished",
  "CmMPA_REQ",
  "CmMPA_CONNECT",
  "CmMPA_ACCEPT",
  "CmMPA_REJECT",
  "CmMPA_ESTABLISHED",
  "CmConnected",
  "CmReset",
  "CmAborted",
];

const IWARP_EVENTS = {
  1: "IwRequest",
  2: "IwReply",
  3: "IwEstablished",
  4: "IwDisconnect",
  5: "IwClose",
};

const IPV4_BYTES = 4;

/** Prints an address that is in host order, and a port whose bytes it swaps. */
const address: KernelFunction = ({ places: [bytes], numbers }) => {
  const port = u16(numbers[0]);
  const isIpv4 = u8(numbers[1]) !== 0;
  const count = isIpv4 ? Math.min(bytes.length, IPV4_BYTES) : bytes.length;
  const extension = isIpv4 ? "I4h" : "I6";
  const text = pointedText({ bytes, offset: 0, count }, extension, 0);
  if (text === null) return null;
  return `${text}:${(port & 0xff) << 8 | port >> 8}`;
};

/** The functions of Intel's RDMA driver. */
export const IRDMA: KernelFunctions = {
  "print_ip_addr(ann)": address,
  "parse_cm_state(n)": named(u32, STATES, "Bad state"),
  "parse_cm_event_type(n)": named(u32, EVENTS, "Unknown"),
  "parse_iw_event_type(n)": named(u32, IWARP_EVENTS, "Unknown"),
};
