// SPDX-License-Identifier: MIT
/**
 * Tests what the kernel's own functions print: their expected texts are those
 * that the kernel's source gives for the same values.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { parseEventFormat } from "../../ring/events/event_format.ts";
import { KERNEL_FUNCTIONS } from "../../ring/events/kernel_functions.ts";
import {
  entry,
  field,
  formatText,
  payloadOf,
  printed,
} from "../support/events.ts";

type Argument = number | bigint | string | Uint8Array;

const kindOf = (value: Argument) =>
  typeof value === "string" ? "t" : value instanceof Uint8Array ? "a" : "n";

/** Returns what a function prints; null if it cannot tell. */
function call(name: string, ...values: Argument[]): string | null {
  const signature = `${name}(${values.map(kindOf).join("")})`;
  const print = KERNEL_FUNCTIONS.get(signature);
  assert(print !== undefined, signature);
  return print({
    numbers: values.filter((value) => kindOf(value) === "n").map((value) =>
      BigInt(value as number)
    ),
    places: values.filter((value) => value instanceof Uint8Array),
    texts: values.filter((value) => typeof value === "string"),
  });
}

/** Returns bytes from hex digits, with zeros behind up to a length. */
function bytes(hex: string, length = 0): Uint8Array {
  const some = Uint8Array.fromHex(hex.replaceAll(" ", ""));
  const all = new Uint8Array(Math.max(length, some.length));
  all.set(some);
  return all;
}

const ascii = (text: string) => new TextEncoder().encode(text);

type Case = readonly [expected: string | null, name: string, ...Argument[]];

function check(cases: readonly Case[]): void {
  for (const [expected, name, ...values] of cases) {
    assertEquals(call(name, ...values), expected, name);
  }
}

Deno.test("block: operations, zones, disks", () =>
  check([
    ["READ", "blk_op_str", 0],
    ["WRITE_ZEROES", "blk_op_str", 9],
    ["ZONE_RESET_ALL", "blk_op_str", 19],
    ["DRV_OUT", "blk_op_str", 35],
    ["UNKNOWN", "blk_op_str", 4],
    ["UNKNOWN", "blk_op_str", -1],
    ["IMP_OPEN", "blk_zone_cond_str", 2],
    ["OFFLINE", "blk_zone_cond_str", 15],
    ["UNKNOWN", "blk_zone_cond_str", 5],
    ["disk=nvme0n1, ", "nvme_trace_disk_name", ascii("nvme0n1\0junk")],
    ["disk=nullb0, ", "nullb_trace_disk_name", ascii("nullb0")],
    ["", "nvmet_trace_disk_name", bytes("00", 32)],
    ["", "nvmet_trace_disk_name", bytes("")],
  ]));

Deno.test("names of devices print no control characters", () =>
  check([
    ["disk=a?[31m?, ", "nvme_trace_disk_name", ascii("a\x1b[31m\x7f\0")],
    ["disk=??, ", "nvme_trace_disk_name", ascii("\u00e4\0")],
  ]));

Deno.test("ATA: registers, flags, subcommands", () =>
  check([
    ["{ DRDY DRQ }", "libata_trace_parse_status", 0x48],
    ["{ }", "libata_trace_parse_status", 0],
    ["{ BUSY ERR }", "libata_trace_parse_status", 0x181],
    ["{ INTR ACTIVE }", "libata_trace_parse_host_stat", 5],
    ["0", "libata_trace_parse_eh_action", 0],
    ["6{ RESET }", "libata_trace_parse_eh_action", 6],
    ["29{ REVALIDATE ENABLE_LINK PARK }", "libata_trace_parse_eh_action", 0x29],
    ["405{ DEV TIMEOUT NCQ }", "libata_trace_parse_eh_err_mask", 0x405],
    ["19{ ACTIVE IO RESULT_TF }", "libata_trace_parse_qc_flags", 0x19],
    ["10003{ ACTIVE DMAMAP FAILED }", "libata_trace_parse_qc_flags", 0x10003],
    [
      "5f{ LBA48 ISADDR DEV WRITE LBA POLL }",
      "libata_trace_parse_tf_flags",
      0x5f,
    ],
    [" DATASET_MANAGEMENT", "libata_trace_parse_subcmd", 0x64, 0, 0x20],
    [" READ_LOG_DMA_EXT", "libata_trace_parse_subcmd", 0x65, 0, 1],
    [" ZERO_EXT", "libata_trace_parse_subcmd", 0x63, 6, 0],
    [" RESET_WRITE_POINTER", "libata_trace_parse_subcmd", 0x9f, 4, 0],
    ["", "libata_trace_parse_subcmd", 0x60, 0, 0],
  ]));

Deno.test("SCSI: commands by their bytes", () =>
  check([
    [
      "lba=1193046 txlen=256",
      "scsi_trace_parse_cdb",
      bytes("08 f2 34 56 00 00"),
      6,
    ],
    [
      "lba=305419896 txlen=8 protect=1",
      "scsi_trace_parse_cdb",
      bytes("28 20 12 34 56 78 00 00 08 00"),
      10,
    ],
    [
      "lba=0 txlen=1 protect=0 unmap=1",
      "scsi_trace_parse_cdb",
      bytes("41 08 00 00 00 00 00 00 01 00"),
      10,
    ],
    [
      "lba=18446744073709551615 txlen=4294967295 protect=7",
      "scsi_trace_parse_cdb",
      bytes("88 e0 ff ff ff ff ff ff ff ff ff ff ff ff 00 00"),
      16,
    ],
    [
      "regions=1",
      "scsi_trace_parse_cdb",
      bytes("42 00 00 00 00 00 00 00 18 00"),
      10,
    ],
    [
      "READ_CAPACITY_16 lba=0 alloc_len=32",
      "scsi_trace_parse_cdb",
      bytes("9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00"),
      16,
    ],
    ["UNKNOWN", "scsi_trace_parse_cdb", bytes("9e 01", 16), 16],
    [
      "REPORT_SUPPORTED_OPERATION_CODES alloc_len=512",
      "scsi_trace_parse_cdb",
      bytes("a3 0c 00 00 00 00 00 00 02 00 00 00"),
      12,
    ],
    [
      "WRITE_SAME_32 lba=1 txlen=2 protect=0 ei_lbrt=3 unmap=1",
      "scsi_trace_parse_cdb",
      bytes(
        "7f 00 00 00 00 00 00 18 00 0d 08 00 0000000000000001 00000003 " +
          "00000000 00000002",
      ),
      32,
    ],
    ["-", "scsi_trace_parse_cdb", bytes("7f 00", 32), 32],
    ["-", "scsi_trace_parse_cdb", bytes("12 00 00 00 24 00"), 6],
  ]));

Deno.test("NVMe: commands of the host and of the target", () =>
  check([
    [
      "slba=8, len=7, ctrl=0x8000, dsmgmt=0, reftag=0",
      "nvme_trace_parse_nvm_cmd",
      2,
      bytes("08 00 00 00 00 00 00 00 07 00 00 80", 24),
    ],
    [
      "nr=3, attributes=4",
      "nvmet_trace_parse_nvm_cmd",
      9,
      bytes("03 00 00 00 04", 24),
    ],
    [
      "slba=0, zsa=4:reset zone, all=1",
      "nvme_trace_parse_nvm_cmd",
      0x79,
      bytes("00 00 00 00 00 00 00 00 00 00 00 00 04 01", 24),
    ],
    [
      "racqa=1:preempt, iekey=1, rtype=9:reserved",
      "nvme_trace_parse_nvm_cmd",
      0x11,
      bytes("09 09", 24),
    ],
    [
      `cdw10=ff ${Array(23).fill("00").join(" ")}`,
      "nvme_trace_parse_nvm_cmd",
      0,
      bytes("ff", 24),
    ],
    [
      "cns=1, ctrlid=2",
      "nvmet_trace_parse_admin_cmd",
      6,
      bytes("01 00 02", 24),
    ],
    [
      "fid=0x7, sv=0x8, cdw11=0x30003",
      "nvme_trace_parse_admin_cmd",
      9,
      bytes("07 00 00 88 03 00 03 00", 24),
    ],
    [
      "cqid=1, qsize=31, cq_flags=0x3, irq_vector=1",
      "nvme_trace_parse_admin_cmd",
      5,
      bytes("01 00 1f 00 03 00 01 00", 24),
    ],
    [
      "recfmt=0, qid=1, sqsize=127, cattr=0, kato=5000",
      "nvme_trace_parse_fabrics_cmd",
      1,
      bytes("00 00 01 00 7f 00 00 00 88 13", 24),
    ],
    [
      "spsp0=01, spsp1=0a, secp=e9, tl=16",
      "nvmet_trace_parse_fabrics_cmd",
      5,
      bytes("00 01 0a e9 10", 24),
    ],
    ["_", "nvmet_trace_ctrl_id", 0],
    ["65535", "nvmet_trace_ctrl_id", 65535],
  ]));

Deno.test("USB host controllers: requests, contexts, ports, doorbells", () =>
  check([
    ["INTR", "xhci_ring_type_string", 3],
    ["UNKNOWN", "xhci_ring_type_string", 7],
    [
      "TRB 0000000000001000 status 'Success' len 0 slot 1 ep 1 " +
      "type 'Transfer Event' flags e:C",
      "xhci_decode_trb",
      500,
      0x1000,
      0,
      0x0100_0000,
      0x0101_8001,
    ],
    [
      "bRequestType 80 bRequest 06 wValue 0100 wIndex 0000 wLength 18 " +
      "length 8 TD size 0 intr 0 type 'Setup Stage' flags I:i:c",
      "xhci_decode_trb",
      bytes("00"),
      500,
      0x0100_0680,
      0x0012_0000,
      8,
      0x0000_0840,
    ],
    [
      "LINK 00000000ffffe000 intr 0 type 'Link' flags i:c:T:C",
      "xhci_decode_trb",
      500,
      0xffff_e000,
      0,
      0,
      0x1803,
    ],
    [
      "Buffer 00000001fff00000 length 512 TD size 31 intr 1023 " +
      "type 'Normal' flags b:i:I:c:s:I:e:C",
      "xhci_decode_trb",
      500,
      0xfff0_0000,
      1,
      0xfffe_0200,
      0x0425,
    ],
    [
      "Address Device Command: ctx 0000000011112222 slot 3 flags B:c",
      "xhci_decode_trb",
      500,
      0x1111_2222,
      0,
      0,
      0x0300_2e00,
    ],
    [
      "Stop Ring Command: slot 1 sp 1 ep 2 flags c",
      "xhci_decode_trb",
      500,
      0,
      0,
      0,
      0x0182_3c00,
    ],
    [
      "type 'UNKNOWN' -> raw 00000001 00000002 00000003 0000fc00",
      "xhci_decode_trb",
      500,
      1,
      2,
      3,
      0xfc00,
    ],
    [
      "Drop: 1in, Add: slot ep0 1out 15in",
      "xhci_decode_ctrl_ctx",
      8,
      0x8000_0007,
    ],
    ["", "xhci_decode_ctrl_ctx", bytes("00"), 0, 0],
    [
      "RS 00001 high-speed multi-TT Hub Ctx Entries 1 MEL 0 us Port# 5/4 " +
      "[TT Slot 2 Port# 3 TTT 1 Intr 0] Addr 7 State configured",
      "xhci_decode_slot_context",
      0x0e30_0001,
      0x0405_0000,
      0x0001_0302,
      0x1800_0007,
    ],
    [
      "State running mult 1 max P. Streams 0 LSA interval 1000 us " +
      "max ESIT payload 8 CErr 3 Type Int IN burst 0 maxp 8 " +
      "deq 0000000123456781 avg trb len 8",
      "xhci_decode_ep_context",
      bytes("00"),
      0x0003_8001,
      0x0008_003e,
      0x1_2345_6781n,
      0x0008_0008,
    ],
    [
      "Powered Connected Enabled Link:U0 PortSpeed:3 Change: CSC PRC Wake: WOE ",
      "xhci_decode_portsc",
      bytes("00"),
      0x0822_0e03,
    ],
    [
      "0x000002a0 Powered Not-connected Disabled Link:RxDetect " +
      "PortSpeed:0 Change: Wake: ",
      "xhci_decode_portsc",
      0x2a0,
    ],
    ["0xffffffff ", "xhci_decode_portsc", 0xffff_ffff],
    ["Command Ring 0", "xhci_decode_doorbell", 0, 0],
    ["Slot 2 ep1in", "xhci_decode_doorbell", 2, 3],
    ["Slot 2 ep0in Stream 9", "xhci_decode_doorbell", bytes("00"), 2, 0x9_0001],
    ["Slot 1 Reserved 0", "xhci_decode_doorbell", 1, 0],
    ["Slot 1 Vendor Defined 248", "xhci_decode_doorbell", 1, 248],
  ]));

Deno.test("USB devices: commands, events, control requests", () =>
  check([
    ["Start Transfer", "dwc3_gadget_ep_cmd_string", 0x5_0406],
    ["All FIFO Flush", "dwc3_gadget_generic_cmd_string", 10],
    ["isoc-first", "dwc3_trb_type_string", 0x60],
    ["UNKNOWN", "dwc3_trb_type_string", 0],
    ["Timed Out", "dwc3_ep_cmd_status_string", -110],
    ["Error", "dwc3_gadget_generic_cmd_status_string", 1],
    ["Link Change [U3]", "dwc3_decode_event", 500, 0x3_0301, 0],
    [
      "Disconnect: [SS.Disabled]",
      "dwc3_decode_event",
      bytes("00"),
      500,
      0x4_0001,
      0,
    ],
    ["Suspend [U3]", "dwc3_decode_event", 500, 0x3_0601, 0],
    [null, "dwc3_decode_event", bytes("00"), 500, 0x3_0601, 0],
    [
      "ep0in: Transfer Complete (sIL) [Status Phase]",
      "dwc3_decode_event",
      500,
      0xc042,
      3,
    ],
    [
      "ep1out: Transfer Not Ready [00000012] (Active)",
      "dwc3_decode_event",
      500,
      0x12_80c4,
      0,
    ],
    ["1x ", "dwc3_transactions", 0x0000_0400, 1],
    ["3x ", "dwc3_transactions", 0x0300_0400, 3],
    ["", "dwc3_transactions", 0x0300_0400, 2],
    [
      "Get Device Descriptor(Index = 0, Length = 64)",
      "usb_decode_ctrl",
      500,
      0x80,
      6,
      0x100,
      0,
      64,
    ],
    [
      "Set Device Feature(Test Mode: TEST_PACKET)",
      "usb_decode_ctrl",
      500,
      0,
      3,
      2,
      4,
      0,
    ],
    [
      "Clear Endpoint Feature(Halt ep1in)",
      "usb_decode_ctrl",
      bytes("00"),
      500,
      2,
      1,
      0,
      0x81,
      0,
    ],
    [
      "Type=Class Recipient=Interface Dir=OUT bRequest=9 wValue=512 " +
      "wIndex=0 wLength=1",
      "usb_decode_ctrl",
      500,
      0x21,
      9,
      0x200,
      0,
      1,
    ],
    [null, "usb_decode_ctrl", 500, 0x83, 0, 0, 0, 2],
    ["GET_CAPABILITY", "ucsi_cmd_str", 0x1_0006],
    ["Unknown command", "ucsi_cmd_str", 0xff],
    ["plug (prime)", "ucsi_recipient_str", 2],
    [null, "ucsi_recipient_str", 4],
  ]));

Deno.test("RDMA: addresses, states, headers", () =>
  check([
    ["192.168.1.2:47873", "print_ip_addr", bytes("02 01 a8 c0", 16), 443, 1],
    [
      "fe80:0000:0000:0000:0000:0000:0000:0001:20480",
      "print_ip_addr",
      bytes("fe80 0000 0000 0000 0000 0000 0000 0001"),
      80,
      0,
    ],
    [null, "print_ip_addr", bytes("02 01 a8"), 443, 1],
    [null, "print_ip_addr", bytes("fe80", 15), 80, 0],
    ["MPAREJ_RECVD", "parse_cm_state", 10],
    ["Bad state", "parse_cm_state", 20],
    ["none", "parse_cm_event_type", 0],
    ["IwClose", "parse_iw_event_type", 5],
    ["Unknown", "parse_iw_event_type", 0],
    ["9B", "hfi1_trace_get_packet_l4_str", 0],
    ["16B", "hfi1_trace_get_packet_l2_str", 2],
    [
      "len:20 sc:0 dlid:0x0001 slid:0x0002 lnh:2,LRH_BTH lver:0 sl:1",
      "hfi1_trace_fmt_lrh",
      ...[0, 0, 0, 0, 0, 2],
      "LRH_BTH",
      ...[0, 0, 0, 1, 0, 20, 0xffff, 1, 2],
    ],
    [
      "op:0x04,RC_SEND_ONLY se:0 m:1 pad:0 tver:0 pkey:0xffff f:0 b:1 " +
      "qpn:0x000002 a:1 psn:0x00000009",
      "hfi1_trace_fmt_rest",
      ...[0, 0, 1, 1, 0, 1, 0, 0, 4],
      "RC_SEND_ONLY",
      ...[0, 0xffff, 9, 2, 0, 0],
    ],
    [
      "op:0x64,UD dest_qpn:0x000003 src_qpn:0x000004",
      "hfi1_trace_fmt_rest",
      ...[1, 8, 0, 0, 0, 0, 0, 0, 0x64],
      "UD",
      ...[0, 0, 0, 0, 3, 4],
    ],
    ["mgmt pkt", "parse_everbs_hdrs", 4, 8, 0, 0, bytes("")],
    ["imm:-2", "parse_everbs_hdrs", 5, 0, 0, 0, bytes("fffffffe")],
    [
      "reth vaddr:0x0000000000001000 rkey:0x00000002 dlen:0x00000200 imm:7",
      "parse_everbs_hdrs",
      ...[0x0b, 0, 0, 0],
      bytes("0000000000001000 00000002 00000200 00000007"),
    ],
    [
      "aeth syn:0x61 NAK msn:0x00000005",
      "parse_everbs_hdrs",
      ...[0x11, 0, 0, 0],
      bytes("61000005"),
    ],
    ["", "parse_everbs_hdrs", 4, 0, 0, 0, bytes("")],
    [null, "parse_everbs_hdrs", 5, 0, 0, 0, bytes("ff")],
    ["IH-L", "parse_sdma_flags", 1n << 62n, 3],
    ["--F- amode:1 aidx:2 alen:3", "parse_sdma_flags", 1n << 63n, 0x2230],
    [
      "0x1 0x0 0xffffffff",
      "print_u32_array",
      bytes("01000000 00000000 ffffffff"),
      3,
    ],
    ["0x1", "print_u32_array", bytes("01000000"), 3],
    ["", "print_u32_array", bytes("01000000"), -1],
  ]));

Deno.test("network cards: what rules match, and what they do", () => {
  const mask = bytes(
    "ffffffffffff ffff 000000000000 0000 ff00 0000 0000 ffff",
    64,
  );
  mask.fill(0xff, 44, 48);
  const value = bytes(
    "020000000001 0800 000000000000 0000 0600 0000 0000 01bb",
    64,
  );
  value.set([10, 0, 0, 1], 44);
  const none = new Uint8Array(64);
  check([
    [
      "[outer] smac=02:00:00:00:00:01 ethertype=0800 src_ipv4=10.0.0.1 " +
      "ip_protocol=06 tcp_dport=443 ",
      "parse_fs_hdrs",
      ...[1, mask, none, none, value, none, none],
    ],
    ["[misc] [inner] ", "parse_fs_hdrs", 6, ...Array(6).fill(none)],
    [null, "parse_fs_hdrs", 1, ...Array(6).fill(bytes("00", 63))],
    ["DROP VLAN_POP ", "parse_action", bytes("01000000 09000000"), 2],
    [null, "parse_action", bytes("13000000"), 1],
  ]);
  const port = bytes("00000000 0000ffff", 64);
  assertEquals(
    call(
      "parse_fs_hdrs",
      2,
      none,
      port,
      none,
      none,
      bytes("00000000 00000102", 64),
      none,
    ),
    "[misc] source_port=258 ",
  );
});

Deno.test("errors of the hardware", () =>
  check([
    ["Corrected", "mc_event_error_type", 0],
    ["Info", "mc_event_error_type", 9],
    ["fatal", "cper_severity_str", 1],
    ["multi-bit ECC", "cper_mem_err_type_str", 3],
    ["unknown", "cper_mem_err_type_str", 255],
    ["", "cper_mem_err_unpack", bytes("00", 55)],
    [
      "node:1 card:2 bank:772 bank_group:3 row:65541 " +
      "requestor_id:0x0000000000000007 DIMM location: DMI handle: 0x0011 ",
      "cper_mem_err_unpack",
      bytes(
        "58090e0000000000 0100 0200 0000 0403 0000 0500 0000 0000 " +
          "0700000000000000 0000000000000000 0000000000000000 " +
          "0000 0000 1100 01",
      ),
    ],
    [null, "cper_mem_err_unpack", bytes("")],
  ]));

Deno.test("hypercalls, page requests, packets, sound", () =>
  check([
    ["(mmuext_op)", "xen_hypercall_name", 26],
    ["(mca)", "xen_hypercall_name", 48],
    ["", "xen_hypercall_name", 11],
    ["", "xen_hypercall_name", 56],
    [
      "rid=0x10 addr=0x12345 rw--l pasid=0x2 index=0x1",
      "decode_prq_descriptor",
      ...[256, 0x2_0010_0000n, 0x1234_500fn, 1, 2],
    ],
    [
      "rid=0x0 addr=0x0 --xp- pasid=0x0 index=0x0 private=0x1/0x2",
      "decode_prq_descriptor",
      bytes("00"),
      ...[256, 3n << 52n | 1n << 9n, 0, 1, 2],
    ],
    [
      "route=301, offset=0x5, len=1, port=2, config=0x1, seq=3, " +
      "data=[0x00000000, 0x00000301, 0x1a102005]",
      "show_data",
      ...[1, bytes("00000000 01030000 0520101a"), 3],
    ],
    ["route=0, data=[]", "show_data", 12, bytes(""), 0],
    ["route=0, data=[0x00000001]", "show_data", 12, bytes("01000000ff"), 999],
    ["Playback", "snd_pcm_direction_name", 0],
    ["Capture", "snd_pcm_direction_name", 1],
  ]));

Deno.test("shadow pages of KVM", () =>
  check([
    [
      "sp gen 2 gfn fee00 l1 8-byte q0 direct wux nxe !ad root 1 sync",
      "kvm_mmu_page",
      ...[2, 0xfee00, 0x1_1781, 1, 0],
    ],
    [
      "sp gen 0 gfn 0 l2 4-byte q3 --- invalid !nxe ad root 0 unsync",
      "kvm_mmu_page",
      ...[0, 0, 0x872, 0, 1],
    ],
    [
      "sp gen 0 gfn 0 l2 8-byte q0 --- !nxe ad root 0 sync",
      "kvm_mmu_page_8",
      ...[0, 0, 0x12, 0, 0],
    ],
    [
      "sp gen 0 gfn 0 l4 8-byte q0 direct rwux !nxe ad root 3 sync",
      "kvm_mmu_page_rwux",
      ...[0, 0, 0xf84, 3, 0],
    ],
  ]));

/** Bytes that say different things at each place, and of any length. */
function hostilePlaces(): Uint8Array[] {
  return [0, 5, 24, 64, 300].flatMap((length) =>
    [1, 255].map((step) =>
      Uint8Array.from({ length }, (_, i) => step === 1 ? i * 37 : 255)
    )
  );
}

const HOSTILE_NUMBERS = [
  0n,
  1n,
  -1n,
  (1n << 63n) - 1n,
  -(1n << 63n),
  (1n << 64n) - 1n,
  0x7fff_ffffn,
  0xffff_0000n,
];

Deno.test("hostile values: text of printable ASCII that is no longer than promised", () => {
  const text = "T".repeat(100);
  for (const [signature, print] of KERNEL_FUNCTIONS) {
    const kinds = /\((\w*)\)$/.exec(signature)![1];
    const many = (kind: string) => [...kinds].filter((each) => each === kind);
    for (let low = 0; low < 256; low += kinds.includes("n") ? 1 : 256) {
      for (const place of hostilePlaces()) {
        const other = HOSTILE_NUMBERS[low % HOSTILE_NUMBERS.length];
        const first = low % 2 === 0
          ? BigInt(low)
          : other & ~0xffn | BigInt(low);
        const numbers = many("n").map((_, i) => i === 0 ? first : other);
        const places = many("a").map(() => place);
        const texts = many("t").map(() => text);
        const said = print({ numbers, places, texts });
        if (said === null) continue;
        const most = 512 + 8 * place.length * places.length +
          text.length * texts.length;
        assert(said.length <= most, `${signature}: ${said.length}`);
        assert(/^[ -~]*$/.test(said), `${signature}: ${said}`);
        if (places.length === 0) break;
      }
    }
  }
});

Deno.test("short bytes: nothing is made up", () => {
  for (const length of [0, 1, 5]) {
    const short = Uint8Array.from({ length }, () => 0x28);
    assertEquals(call("scsi_trace_parse_cdb", short, 16), null);
    assertEquals(call("nvme_trace_parse_nvm_cmd", 2, short), null);
    assertEquals(call("show_data", 1, short, 3), null);
  }
});

const U32 = (name: string, at: number) => field(`u32 ${name}`, at, 4);

function format(fields: readonly string[], print: string) {
  return parseEventFormat(formatText(fields, { print }));
}

function payload(...words: number[]) {
  return payloadOf(entry(new Uint8Array(new Uint32Array(words).buffer)));
}

Deno.test("a format that calls a function is understood", () => {
  const known = format(
    [U32("op", 8), U32("cond", 12)],
    '"req=%-9s|%5s|%.2s", blk_op_str(REC->op), blk_zone_cond_str(REC->cond), ' +
      "blk_op_str(REC->op)",
  );
  assertEquals(known.print!.unknown, []);
  assertEquals(printed(known, payload(1, 14)), "req=WRITE    | FULL|WR");
});

Deno.test("the kernel's own buffers are no arguments, those in the record are", () => {
  const fields = [U32("a", 8), U32("b", 12)];
  const print = '"%s", xhci_decode_doorbell(__get_buf(500), REC->a, REC->b)';
  assertEquals(printed(format(fields, print), payload(1, 2)), "Slot 1 ep1out");
  const flags = '"%s", libata_trace_parse_tf_flags(p, REC->a)';
  assertEquals(printed(format(fields, flags), payload(8, 0)), "8{ WRITE }");
  const old = '"%s", xhci_decode_doorbell((char *)&REC->a, REC->a, REC->b)';
  assertEquals(printed(format(fields, old), payload(1, 2)), "Slot 1 ep1out");
});

Deno.test("other functions, and other arguments, are printed as calls", () => {
  const fields = [U32("op", 8)];
  for (
    const [source, expected] of [
      ["nobody_knows(REC->op)", "nobody_knows(3)"],
      ["blk_op_str(REC->op, 1)", "blk_op_str(3, 1)"],
      ["blk_op_str()", "blk_op_str()"],
      ["toString(REC->op)", "toString(3)"],
    ]
  ) {
    const unknown = format(fields, `"%s", ${source}`);
    assertEquals(printed(unknown, payload(3)), expected);
    assertEquals(unknown.print!.unknown.length, 1, source);
  }
});

Deno.test("where a function cannot tell, its call is printed", () => {
  const one = format([U32("r", 8)], '"%s", ucsi_recipient_str(REC->r)');
  assertEquals(printed(one, payload(1)), "partner");
  assertEquals(printed(one, payload(77)), "ucsi_recipient_str(77)");
});

Deno.test("what a function gets of the record ends with the field", () => {
  const fields = [field("u8 name[4]", 8, 4), field("u8 next[4]", 12, 4)];
  const disk = format(fields, '"%s|", nvme_trace_disk_name(p, REC->name)');
  assertEquals(printed(disk, payload(0x41414141, 0x42424242)), "disk=AAAA, |");
  const beyond = format(
    fields,
    '"%s|", nvme_trace_disk_name(p, REC->name + 100000)',
  );
  assertEquals(printed(beyond, payload(0x41414141, 0x42424242)), "|");
  const before = format(
    fields,
    '"%s|", nvme_trace_disk_name(p, REC->name - 100)',
  );
  assertEquals(printed(before, payload(0x41414141, 0x42424242)), "|");
});

Deno.test("calls count as constants: not too many of them are printed", () => {
  const calls = (count: number) => {
    const print = `"${"%s".repeat(count)}"` +
      ", blk_op_str(REC->op)".repeat(count);
    return format([U32("op", 8)], print).print;
  };
  assert(calls(8) !== null);
  assertEquals(calls(9), null);
});

/** The words of KVM's statements, as Linux 6.1 to 7.1 has them. */
const STATEMENTS = "({ const char *saved_ptr = trace_seq_buffer_ptr(p); " +
  'static const char *access_str[] = { "---", "--x", "w--", "w-x", "-u-", ' +
  '"-ux", "wu-", "wux" }; union kvm_mmu_page_role role; ' +
  "role.word = REC->role; trace_seq_printf(p, " +
  '"sp gen %u gfn %llx l%u %u-byte q%u%s %s%s" " %snxe %sad root %u %s%c", ' +
  "REC->mmu_valid_gen, REC->gfn, role.level, role.has_4_byte_gpte ? 4 : 8, " +
  'role.quadrant, role.direct ? " direct" : "", access_str[role.access], ' +
  'role.invalid ? " invalid" : "", role.efer_nx ? "" : "!", ' +
  'role.ad_disabled ? "!" : "", REC->root_count, ' +
  'REC->unsync ? "unsync" : "sync", 0); saved_ptr; })';

const PAGE = ["mmu_valid_gen", "gfn", "role", "root_count", "unsync"];

Deno.test("statements with structs and branches are known as a whole", () => {
  const fields = PAGE.map((name, i) => U32(name, 8 + 4 * i));
  const page = format(fields, `"%s %s", ${STATEMENTS}, "new"`);
  assertEquals(page.print!.unknown, []);
  assertEquals(
    printed(page, payload(2, 0xfee00, 0x1_1781, 1, 0)),
    "sp gen 2 gfn fee00 l1 8-byte q0 direct wux nxe !ad root 1 sync new",
  );
});

Deno.test("known statements without their fields are not understood", () => {
  const without = format([U32("role", 8)], `"%s", ${STATEMENTS}`);
  assertEquals(without.print!.unknown.length, 1);
  const fields = PAGE.map((name, i) =>
    name === "gfn" ? field("u8 gfn[3]", 12, 3) : U32(name, 8 + 4 * i)
  );
  const array = format(fields, `"%s", ${STATEMENTS}`);
  assertEquals(array.print!.unknown.length, 1);
});

Deno.test("enumerators that no kernel changes have their numbers", () => {
  const table = format(
    [U32("op", 8)],
    '"%s", __print_symbolic(REC->op, { nvme_cmd_dsm, "dsm" }, ' +
      '{ ATA_PROT_UNKNOWN, "unknown" }, { IB_OPCODE_UC_SEND_ONLY, "uc" }, ' +
      '{ FAULT_FLAG_REMOTE, "remote" }, { NETFS_INVALID_READ, "not known" }, ' +
      '{ toString, "nor this" })',
  );
  const texts = [9, 0xff, 0x24, 0x80, 4].map((op) =>
    printed(table, payload(op))
  );
  assertEquals(texts, ["dsm", "unknown", "uc", "remote", "0x4"]);
});
