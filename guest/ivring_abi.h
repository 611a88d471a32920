/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The wire: what an ivring guest stores in shared memory and what a host may
 * expect to find there. This file is the one authority; ring/layout.ts and the
 * tables in PROTOCOL.md mirror it, and a test compares all three.
 *
 * Everything is little endian and fixed width, all padding is named, and every
 * reserved byte is zero. Offsets are in bytes from the start of the region.
 * Positions are free-running 64-bit byte counts into a ring; block number
 * `b = position / block_bytes` lives in slot `b % nr_blocks`.
 */
#ifndef IVRING_ABI_H
#define IVRING_ABI_H

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#else
#include <assert.h>
#include <stddef.h>
#include <linux/types.h>
#endif

/* The bytes "IVRING", 0x1a, 0x0a; stored last, with release. */
#define IVRING_MAGIC			0x0a1a474e49525649ULL
/* The major must match; what a later minor adds, a reader may ignore. */
#define IVRING_ABI_MAJOR		1
#define IVRING_ABI_MINOR		2
/* Feature bits a reader may ignore, and those it must know; none yet. */
#define IVRING_FEATURES_COMPAT		0
#define IVRING_FEATURES_INCOMPAT	0

/*
 * The bytes "IVRING", 0x1a, 0x0d at this offset say that a driver is changing the
 * region. They are stored before anything else and cleared after it, so that a driver
 * recognises its own region although the magic is 0. A reader need not look at them.
 */
#define IVRING_MARK			0x0d1a474e49525649ULL
#define IVRING_MARK_OFFSET		1024

/* Limits that both sides enforce. */
#define IVRING_PAGE_BYTES		4096
#define IVRING_REGION_BYTES_MIN		65536
#define IVRING_REGION_BYTES_MAX		0x200000000ULL
#define IVRING_BLOCK_BYTES_MIN		4096
#define IVRING_BLOCK_BYTES_MAX		65536
#define IVRING_BLOCKS_MIN		4
#define IVRING_RING_BYTES_MAX		0x80000000ULL
#define IVRING_RINGS_MAX		4096
#define IVRING_NAME_BYTES		64
#define IVRING_VERSION_BYTES		32
#define IVRING_BOOT_ID_BYTES		16
/* A longer message is cut by the writer and refused by the reader. */
#define IVRING_MESSAGE_BYTES_MAX	262144
#define IVRING_PANIC_TEXT_BYTES		128
/* Bytes of a task's name, its NUL included. */
#define IVRING_COMM_BYTES		16
/* Sizes of the metadata area, and of one text in it. */
#define IVRING_META_BYTES_MAX		0x800000
#define IVRING_META_TEXT_BYTES_MAX	65536
/* Positions and sequences at or above this are refused, by both sides. */
#define IVRING_POSITION_LIMIT		0x10000000000000ULL

/* ivring_region_header.clock_id */
#define IVRING_CLOCK_NONE		0 /* every timestamp is 0 */
#define IVRING_CLOCK_MONOTONIC		1 /* ns, stops in suspend */
#define IVRING_CLOCK_TSC		2 /* raw time stamp counter */

/* ivring_live.state */
#define IVRING_STATE_RUNNING		1
#define IVRING_STATE_PANICKED		2
#define IVRING_STATE_UNLOADED		3
#define IVRING_STATE_SUSPENDED		4

/* ivring_live.reason: why the kernel log was last written out in a hurry */
#define IVRING_REASON_NONE		0
#define IVRING_REASON_PANIC		1 /* with IVRING_STATE_PANICKED */
#define IVRING_REASON_OOPS		2 /* the guest went on */
#define IVRING_REASON_RESTART		3 /* emergency restart */
#define IVRING_REASON_SHUTDOWN		4 /* ordered reboot, halt or power off */

/* ivring_live.mode: what the writer does when a ring is full */
#define IVRING_MODE_OVERWRITE		0 /* take the oldest block */
#define IVRING_MODE_LOSSLESS		1 /* drop what the consumer has left no room for */
#define IVRING_MODE_UNCONSUMED		2 /* as lossless, but nobody consumes: overwrite */

/* ivring_ring_geometry.kind; also the block's CTF stream id */
#define IVRING_KIND_TRACE		0 /* one per possible CPU */
#define IVRING_KIND_KLOG		1 /* the kernel log */

/* ivring_ring_geometry.cpu of a ring that belongs to no CPU */
#define IVRING_CPU_NONE			0xffffffffU

/* CTF 1.8 packet magic, at the start of each block */
#define IVRING_BLOCK_MAGIC		0xc1fc1fc1U
#define IVRING_RECORD_ALIGN		8

/*
 * ivring_record.id: 1 to IVRING_ID_KERNEL_MAX are the guest kernel's own event
 * ids; the protocol's are above.
 */
#define IVRING_ID_KERNEL_MAX		0xfeff
#define IVRING_ID_MESSAGE		0xff00 /* bytes of one ivring_write() */
#define IVRING_ID_PART			0xff01 /* struct ivring_part, then bytes */
#define IVRING_ID_TAKEOVER		0xff02 /* struct ivring_takeover */
#define IVRING_ID_OPAQUE		0xff03 /* made by the host only */
#define IVRING_ID_KLOG			0xff04 /* struct ivring_klog, then text */
#define IVRING_ID_CLOCK			0xff05 /* struct ivring_clock */
#define IVRING_ID_TASK			0xff06 /* (1.2) struct ivring_task */

/* ivring_takeover.reason */
#define IVRING_TAKEOVER_BOOT		1 /* a driver found the region in use */
#define IVRING_TAKEOVER_PANIC		2 /* the kernel has panicked within a write */
#define IVRING_TAKEOVER_KILLED		3 /* a task was killed within a write */
#define IVRING_TAKEOVER_RESUME		4 /* the guest was suspended */

/* ivring_clock.reason */
#define IVRING_ANNOUNCE_START		1 /* first record of an epoch */
#define IVRING_ANNOUNCE_STEP		2 /* UTC was set, or has drifted by a millisecond */

/* ivring_klog.time_us if the kernel does not stamp its log */
#define IVRING_KLOG_NO_TIME		0xffffffffffffffffULL

/* ivring_meta_entry.kind */
#define IVRING_META_FORMAT		1 /* text of a tracefs format file, or of symbols */
/*
 * ivring_meta_entry.id: 1 to IVRING_ID_KERNEL_MAX is a kernel event. Symbols have these
 * ids, of which no record is, so that readers which know no symbols never ask for them.
 */
#define IVRING_META_ID_SYMBOLS		0xff80 /* summary of the symbols; their slices follow */
#define IVRING_META_ID_LAST		0xffff /* last slice that there can be */
/* The area's parts: driver start `epoch` uses number `epoch % IVRING_META_PARTS`. */
#define IVRING_META_PARTS		2

/*
 * struct ivring_region_header - the first bytes of the region
 *
 * Written while @magic is 0 and constant while it is not. A reader copies it,
 * and uses the copy only if @magic was right before and after.
 */
struct ivring_region_header {
	__le64 magic;			/* IVRING_MAGIC */
	__le16 abi_major;		/* IVRING_ABI_MAJOR */
	__le16 abi_minor;		/* IVRING_ABI_MINOR */
	__le32 header_bytes;		/* sizeof(struct ivring_region_header) */
	__le32 checksum;		/* CRC-32 (IEEE) of this struct with checksum 0, then of each ring's geometry */
	__le32 block_bytes;		/* power of two, the same for all rings */
	__le64 features_compat;		/* bits a reader may ignore */
	__le64 features_incompat;	/* bits a reader must know */
	__le64 region_bytes;		/* the object may be larger, not smaller */
	__le64 session_id;		/* random, not 0; new when positions restart */
	__u8   boot_id[IVRING_BOOT_ID_BYTES]; /* random, new with every driver start */
	__le32 epoch;			/* counts driver starts within the session */
	__le32 clock_id;		/* IVRING_CLOCK_* */
	__le64 clock_hz;		/* clock ticks per second; 0 if there is no clock */
	__le64 clock_base;		/* clock ticks at utc_base_ns */
	__le64 utc_base_ns;		/* ns since 1970 UTC, as the guest claims */
	__le32 live_offset;		/* struct ivring_live */
	__le32 host_offset;		/* struct ivring_host, then struct ivring_consumer[nr_rings] */
	__le32 host_bytes;		/* size of both, in whole pages */
	__le32 rings_offset;		/* struct ivring_ring_desc[nr_rings] */
	__le32 nr_rings;		/* 1 to IVRING_RINGS_MAX */
	__le32 ring_stride;		/* sizeof(struct ivring_ring_desc) */
	__le64 meta_offset;		/* metadata area: IVRING_META_PARTS equal parts; 0 if there is none */
	__le64 meta_bytes;		/* bytes of all parts, each a multiple of IVRING_PAGE_BYTES; 0 if there is none */
	__le64 data_offset;		/* ring data; each ring lies inside */
	__le64 data_bytes;		/* bytes */
	__u8   guest_name[IVRING_NAME_BYTES];	/* at the driver's start, claimed by the guest; zero padded; see ivring_live.guest_name */
	__u8   kernel_release[IVRING_NAME_BYTES]; /* claimed by the guest; zero padded */
	__u8   driver_version[IVRING_VERSION_BYTES]; /* (1.1) the module's version, claimed by the guest; zero padded */
	__u8   reserved[192];		/* zero */
};

/* struct ivring_live - what changes slowly; cache lines of its own */
struct ivring_live {
	__le32 state;			/* IVRING_STATE_* */
	__le32 reason;			/* IVRING_REASON_* */
	__le64 heartbeat;		/* grows about once a second while running */
	__le32 clock_seq;		/* odd while the pair below changes */
	__le32 klog_check;		/* for the driver's next start: check of the last kernel message recorded */
	__le64 clock_value;		/* clock ticks at utc_ns */
	__le64 utc_ns;			/* ns since 1970 UTC */
	__le64 klog_seq;		/* for the driver's next start: number of the next kernel message to record */
	__le32 mode;			/* IVRING_MODE_* */
	__le32 reserved;		/* zero */
	__le64 doorbells;		/* how often the doorbell was rung, since the driver's start */
	__u8   panic_text[IVRING_PANIC_TEXT_BYTES]; /* first line of the panic's text; zero padded */
	__le32 name_seq;		/* (1.1) odd while guest_name changes; 1.0 ends before this field */
	__u8   reserved1[60];		/* zero */
	__u8   guest_name[IVRING_NAME_BYTES]; /* (1.1) the current name, claimed by the guest; zero padded; empty if it has none */
};

/*
 * struct ivring_host - what the host says to the guest
 *
 * Only the host writes it, except that the guest clears it, and the consumers
 * behind it, when it formats the region. The host writes it again and again,
 * because a migration may lose it.
 */
struct ivring_host {
	__le32 armed;			/* changes with each arming of the doorbell; 0: never armed */
	__le32 doorbell;		/* for the doorbell register: peer << 16 | vector */
	__le32 threshold_bytes;		/* bytes that one ring must commit after the arming before the guest rings */
	__u8   reserved0[52];		/* zero */
	__le64 session_id;		/* session of the consumer's positions; 0: there is no consumer */
	__le64 beat;			/* changes once a second or more often while the consumer lives */
	__u8   reserved1[48];		/* zero */
};

/* struct ivring_consumer - how far a ring was consumed; all from @seq on is for the next consumer */
struct ivring_consumer {
	__le64 position;		/* what lies before it may be overwritten */
	__le64 seq;			/* sequence of the record at @position */
	__le64 next_seq;		/* records before it were delivered; not below @seq */
	__le64 drops;			/* how many of ivring_ring_live.drops were accounted for */
};

/* struct ivring_ring_geometry - constant part of a ring's descriptor */
struct ivring_ring_geometry {
	__le32 kind;			/* IVRING_KIND_* */
	__le32 cpu;			/* guest CPU number or IVRING_CPU_NONE */
	__le64 data_offset;		/* offset of slot 0; multiple of IVRING_PAGE_BYTES */
	__le32 nr_blocks;		/* at least IVRING_BLOCKS_MIN */
	__le32 block_bytes;		/* the same as in the region header */
	__u8   reserved[40];		/* zero */
};

/* struct ivring_ring_live - written by the ring's own CPU only */
struct ivring_ring_live {
	__le64 commit;			/* end position of what is committed | padding of the last record (0-7) */
	__le64 commit_seq;		/* sequence of the next record; stored before commit */
	__le64 drops;			/* records refused by the drop rule; they take no sequence */
	__u8   reserved[40];		/* zero */
};

/* struct ivring_ring_desc - one ring; 128 bytes, so that no two CPUs share a pair of cache lines */
struct ivring_ring_desc {
	struct ivring_ring_geometry geometry;
	struct ivring_ring_live live;
};

/*
 * struct ivring_block - block header, a CTF 1.8 packet header and context
 *
 * The context that opens a block writes all but the fields marked (close);
 * those are written by the one that closes it, and by nobody else.
 */
struct ivring_block {
	__le32 magic;			/* IVRING_BLOCK_MAGIC */
	__le32 stream_id;		/* the ring's kind */
	__le64 packet_seq_num;		/* block number; stored before all else in the block */
	__le64 timestamp_begin;		/* clock ticks of the first record */
	__le64 timestamp_end;		/* (close) clock ticks, not before the last record */
	__le32 content_size;		/* (close) bits up to the end of the last payload */
	__le32 packet_size;		/* bits: block_bytes * 8 */
	__le64 events_discarded;	/* (close) the ring's drops so far */
	__le64 first_seq;		/* sequence of the first record, 64 bits */
	__le32 cpu_id;			/* the ring's cpu */
	__le32 epoch;			/* the region's epoch when it was opened */
};

/* struct ivring_record - record header; records start at multiples of 8 */
struct ivring_record {
	__le64 timestamp;		/* clock ticks; never falls within ring and epoch */
	__le16 id;			/* IVRING_ID_* or a kernel event id */
	__le16 len;			/* payload bytes behind this header */
	__le32 seq;			/* low half of the sequence; consecutive within a block */
};

/* struct ivring_part - a piece of a message too long for one record */
struct ivring_part {
	__le32 first_seq;		/* seq of the message's first part */
	__le32 offset_bytes;		/* offset of this piece within the message; 0 in the first one only */
	__le32 total_bytes;		/* size of the message */
	__le16 id;			/* IVRING_ID_* of the message */
	__le16 data_bytes;		/* bytes of this piece, which follow this struct: len - 16 */
};

/*
 * struct ivring_klog - one message of the kernel log, in the kernel log ring
 *
 * The text follows, without a prefix and without the newline at its end. One
 * that is too long for a record may come in parts, as any message.
 */
struct ivring_klog {
	__le64 seq;			/* the kernel's own number of it; grows within a boot */
	__le64 time_us;			/* the kernel's own stamp of it, us; or IVRING_KLOG_NO_TIME */
	__le32 skipped;			/* messages right before it that the kernel had overwritten */
	__le16 priority;		/* syslog facility * 8 + level */
	__le16 text_bytes;		/* bytes of text */
};

/* struct ivring_clock - how the clock relates to UTC from here on */
struct ivring_clock {
	__le64 clock_value;		/* clock ticks at utc_ns */
	__le64 utc_ns;			/* ns since 1970 UTC */
	__le32 reason;			/* IVRING_ANNOUNCE_* */
	__le32 epoch;			/* the same as in the block header */
};

/*
 * struct ivring_task - (1.2) a task's name
 *
 * It holds for the kernel events of this task that follow in the same block.
 */
struct ivring_task {
	__le32 pid;			/* the task's number, as in struct trace_entry; 1 or more */
	__le32 tgid;			/* number of its process: of the first of its threads */
	__u8   comm[IVRING_COMM_BYTES];	/* its name then; zero padded; at least one byte is zero */
};

/*
 * struct ivring_meta - head of one part of the metadata area
 *
 * Entries follow without gaps, each padded to IVRING_RECORD_ALIGN. A part is
 * only appended to until a later driver start begins it anew.
 */
struct ivring_meta {
	__le64 commit;			/* bytes in use, this head included; 0 while it is begun anew; stored with release */
	__le32 epoch;			/* driver start that its entries hold for */
	__le32 refused;			/* texts that found no room */
	__u8   reserved[48];		/* zero */
};

/* struct ivring_meta_entry - one text; text_bytes of it follow */
struct ivring_meta_entry {
	__le64 timestamp;		/* clock ticks: it holds for records from here on, until the next of its id */
	__le32 text_bytes;		/* 1 to IVRING_META_TEXT_BYTES_MAX */
	__le32 checksum;		/* CRC-32 (IEEE) of the text */
	__le16 id;			/* kernel event id that it describes; or IVRING_META_ID_* */
	__le16 kind;			/* IVRING_META_* */
	__u8   reserved[12];		/* zero */
};

/* struct ivring_takeover - the first record after a writer that never resumes */
struct ivring_takeover {
	__le32 reason;			/* IVRING_TAKEOVER_* */
	__le32 epoch;			/* the same as in the block header */
};

#define IVRING_ASSERT_SIZE(type, bytes) \
	static_assert(sizeof(struct type) == (bytes), #type " has another size")
#define IVRING_ASSERT_OFFSET(type, field, bytes) \
	static_assert(offsetof(struct type, field) == (bytes), #type "." #field " moved")

IVRING_ASSERT_SIZE(ivring_region_header, 512);
IVRING_ASSERT_OFFSET(ivring_region_header, session_id, 48);
IVRING_ASSERT_OFFSET(ivring_region_header, guest_name, 160);
IVRING_ASSERT_OFFSET(ivring_region_header, driver_version, 288);
IVRING_ASSERT_SIZE(ivring_live, 320);
IVRING_ASSERT_OFFSET(ivring_live, name_seq, 192);
IVRING_ASSERT_OFFSET(ivring_live, doorbells, 56);
IVRING_ASSERT_SIZE(ivring_host, 128);
IVRING_ASSERT_OFFSET(ivring_host, session_id, 64);
IVRING_ASSERT_SIZE(ivring_consumer, 32);
IVRING_ASSERT_SIZE(ivring_ring_geometry, 64);
IVRING_ASSERT_SIZE(ivring_ring_live, 64);
IVRING_ASSERT_SIZE(ivring_ring_desc, 128);
IVRING_ASSERT_SIZE(ivring_block, 64);
IVRING_ASSERT_OFFSET(ivring_block, packet_seq_num, 8);
IVRING_ASSERT_OFFSET(ivring_block, content_size, 32);
IVRING_ASSERT_OFFSET(ivring_block, first_seq, 48);
IVRING_ASSERT_SIZE(ivring_record, 16);
IVRING_ASSERT_OFFSET(ivring_record, seq, 12);
IVRING_ASSERT_SIZE(ivring_part, 16);
IVRING_ASSERT_SIZE(ivring_takeover, 8);
IVRING_ASSERT_SIZE(ivring_klog, 24);
IVRING_ASSERT_SIZE(ivring_clock, 24);
IVRING_ASSERT_SIZE(ivring_task, 24);
IVRING_ASSERT_SIZE(ivring_meta, 64);
IVRING_ASSERT_SIZE(ivring_meta_entry, 32);

#endif /* IVRING_ABI_H */
