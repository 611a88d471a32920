/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The writer of one ring. One CPU (in user space: one thread) owns a ring;
 * interrupts, NMIs and signals on it may write at any step of a write they
 * interrupt. Nothing here blocks, and nothing is ever read back from the
 * shared region to decide or bound an access. PROTOCOL.md tells why it is so.
 */
#ifndef IVRING_RING_H
#define IVRING_RING_H

#include "ivring_abi.h"
#include "ivring_port.h"

/**
 * struct ivring_ring - private state of a ring's writer; never shared memory
 * @state: next sequence (high 32 bits), claimed position (low 32), and in its
 *	low 3 bits the padding of the last claimed record; exchanged as one word
 * @commit: the published commit word: position | padding
 * @commit_seq: sequence that goes with @commit
 * @last_ts: latest timestamp handed out; only grows within an epoch
 * @dropped: records refused by the drop rule
 * @slot_hint: low 32 bits of a block number, and its slot; saves a division
 * @nest: writers now inside, the outermost included
 * @task: the task that is inside, if one is; for the caller alone
 * @clock_id: IVRING_CLOCK_*
 * @block_shift: log2 of the block size
 * @nr_blocks: slots in the ring
 * @max_payload: longest payload of one record, bytes; longer ones are split
 * @epoch: goes into each block opened
 * @kind: IVRING_KIND_*
 * @cpu: guest CPU number or IVRING_CPU_NONE
 * @write_combining: the mapping is write-combining and needs real barriers
 * @data: slot 0, in the shared region
 * @live: the ring's live line, in the shared region; only written
 */
struct ivring_ring {
	u64 state;
	u64 commit;
	u64 commit_seq;
	u64 last_ts;
	u64 dropped;
	u64 slot_hint;
	u32 nest;
	const void *task;
	u32 clock_id;
	u32 block_shift;
	u32 nr_blocks;
	u32 max_payload;
	u32 epoch;
	u32 kind;
	u32 cpu;
	bool write_combining;
	u8 *data;
	struct ivring_ring_live *live;
};

/**
 * ivring_ring_start() - begin a session: positions and sequence restart
 * @r: ring whose constant fields (from @clock_id on) are filled in
 *
 * The caller has cleared the region's magic and changed its session id.
 */
void ivring_ring_start(struct ivring_ring *r);

/**
 * ivring_ring_adopt() - go on where an earlier writer of the session stopped
 * @r: ring whose constant fields (from @clock_id on) are filled in
 *
 * Checks what shared memory says before using it. Call ivring_ring_takeover()
 * next, before any write.
 *
 * Return: false if the ring's own words contradict each other.
 */
bool ivring_ring_adopt(struct ivring_ring *r);

/**
 * ivring_ring_takeover() - write on after writers that never resume
 * @r: ring
 * @reason: IVRING_TAKEOVER_*
 *
 * What they claimed and never committed becomes a gap in the sequence. Starts
 * a new block with a record that says so. Preemption off.
 */
void ivring_ring_takeover(struct ivring_ring *r, u32 reason);

/**
 * ivring_ring_reserve() - claim a record and write its header
 * @r: ring of this CPU; preemption off until ivring_ring_commit()
 * @id: IVRING_ID_* or kernel event id
 * @len: payload bytes, at most @r->max_payload
 * @seq: gets the record's sequence number (low 32 bits); may be NULL
 *
 * Return: where to put the payload, to be followed by ivring_ring_commit(); or
 * NULL if the record was dropped and counted, with nothing left to do.
 */
void *ivring_ring_reserve(struct ivring_ring *r, u16 id, u32 len, u32 *seq);

/** ivring_ring_commit() - end what ivring_ring_reserve() began, and publish */
void ivring_ring_commit(struct ivring_ring *r);

/**
 * ivring_ring_write() - record a message, in parts if it is long
 * @r: ring of this CPU; preemption off
 * @id: IVRING_ID_* or kernel event id
 * @buf: payload; kernel memory
 * @size: bytes; what exceeds IVRING_MESSAGE_BYTES_MAX is not taken
 *
 * Return: bytes recorded, or -ENOBUFS if the (first) record was dropped.
 */
int ivring_ring_write(struct ivring_ring *r, u16 id, const void *buf, size_t size);

#endif /* IVRING_RING_H */
