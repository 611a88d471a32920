/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The writer of one ring. One CPU (in user space: one thread) owns a ring;
 * interrupts, NMIs and signals on it may write at any step of a write that they
 * interrupt. Nothing here blocks. Nothing that is read from the shared region bounds an
 * access: it only decides whether a consumer has left room, and whether the host is to
 * be woken. PROTOCOL.md explains why.
 */
#ifndef IVRING_RING_H
#define IVRING_RING_H

#include "../ivring_abi.h"
#include "bound.h"
#include "port.h"
#include "task.h"

struct ivring_doorbell;

/* One that was not the outermost has left something to publish. */
#define IVRING_AFTER_NESTED	1u
/* The ring has a doorbell, which the host may have armed. */
#define IVRING_AFTER_BELL	2u

/**
 * struct ivring_ring - private state of a ring's writer; never shared memory
 * @state: next sequence (high 32 bits), claimed position (low 32), and in its
 *	low 3 bits the padding of the last claimed record; exchanged as one word
 * @commit: the published commit word: position | padding
 * @commit_seq: sequence that goes with @commit
 * @last_ts: latest timestamp handed out; only grows within an epoch
 * @block_end: position at which the block of @commit ends
 * @block_base: what has to be added to a position in that block for its address
 * @live: (*) the ring's live line, in the shared region; only written, except when
 *	an earlier writer's position is continued
 * @nest: how many writers are inside now, the outermost included
 * @after: IVRING_AFTER_*: what the outermost has to see to once it has left
 * @usual_payload: longest payload that the short way takes; 0: it takes none
 * @task: the task that is inside, if one is; only the caller uses it
 * @bell: (*) the doorbell to ring if the host waits for records; NULL: none
 * @clock_id: (*) IVRING_CLOCK_*
 * @max_payload: longest payload of one record, bytes; longer ones are split
 * @dropped: records refused by the drop rule or the lossless one
 * @write_combining: (*) the mapping is write-combining and needs real barriers
 * @overwrite: whether to overwrite what the consumer, if any, has not consumed
 * @noticed: the ivring_host.armed since which this ring counts what it grows by
 * @noticed_at: the commit word from which it counts
 * @ring_bytes: size of all blocks
 * @data: (*) slot 0, in the shared region
 * @host: (*) the host's words, in the shared region; NULL: overwrite mode
 * @consumer: (*) how far this ring is consumed, in the shared region
 * @session_id: (*) session of the region
 * @block_shift: (*) log2 of the block size
 * @nr_blocks: (*) slots in the ring
 * @epoch: (*) the driver start, which goes into each block opened
 * @kind: (*) IVRING_KIND_*
 * @cpu: (*) guest CPU number or IVRING_CPU_NONE
 * @bound: what programs may still write; only the caller uses it
 * @tasks: the tasks that are named, by the low bits of their numbers
 *
 * The caller fills in the fields marked (*), and they do not change. The fields that
 * every record needs come first.
 */
struct ivring_ring {
	u64 state;
	u64 commit;
	u64 commit_seq;
	u64 last_ts;
	u64 block_end;
	u64 block_base;
	struct ivring_ring_live *live;
	u32 nest;
	u32 after;
	u64 usual_payload;
	const void *task;
	struct ivring_doorbell *bell;
	u32 clock_id;
	u32 max_payload;
	u64 dropped;
	bool write_combining;
	bool overwrite;
	u32 noticed;
	u64 noticed_at;
	u64 ring_bytes;
	u8 *data;
	const struct ivring_host *host;
	const struct ivring_consumer *consumer;
	u64 session_id;
	u32 block_shift;
	u32 nr_blocks;
	u32 epoch;
	u32 kind;
	u32 cpu;
	struct ivring_bound bound;
	struct ivring_task_slot tasks[IVRING_TASK_SLOTS];
};

/**
 * ivring_ring_start() - begin a session: positions and sequence restart
 * @r: ring whose constant fields are filled in
 *
 * The caller has cleared the region's magic and changed its session id.
 */
void ivring_ring_start(struct ivring_ring *r);

/**
 * ivring_ring_adopt() - continue where an earlier writer of the session stopped
 * @r: ring whose constant fields are filled in
 *
 * Checks what it reads from shared memory before using it. Call
 * ivring_ring_takeover() next, before any write.
 *
 * Return: false if the ring's words are out of range, or contradict each other.
 */
bool ivring_ring_adopt(struct ivring_ring *r);

/**
 * ivring_ring_takeover() - continue a ring after writers that never resume
 * @r: ring; preemption off
 * @reason: IVRING_TAKEOVER_*
 *
 * Records that they claimed and never committed become a gap in the sequence. Starts
 * a new block with a record that says so.
 */
void ivring_ring_takeover(struct ivring_ring *r, u32 reason);

/**
 * ivring_ring_reserve() - claim a record and write its header
 * @r: ring of this CPU; preemption off until ivring_ring_commit()
 * @id: IVRING_ID_* or kernel event id, of 16 bits
 * @len: payload bytes, at most @r->max_payload
 * @seq: gets the record's sequence number (low 32 bits); may be NULL
 *
 * Return: where to put the payload, after which ivring_ring_commit() has to be called;
 * or NULL if the record was dropped and counted, with nothing left to do.
 */
void *ivring_ring_reserve(struct ivring_ring *r, u32 id, u32 len, u32 *seq);

/**
 * ivring_ring_has_room() - find out whether a record would find room now
 * @r: ring of this CPU; nobody else may be inside
 * @len: payload bytes, at most @r->max_payload
 *
 * Meant for callers that can wait, because no drop is counted. The host's words may
 * still change before the record is written.
 *
 * Return: true if there is room.
 */
bool ivring_ring_has_room(const struct ivring_ring *r, u32 len);

/** ivring_ring_commit() - end the write that ivring_ring_reserve() began, and publish it */
void ivring_ring_commit(struct ivring_ring *r);

/**
 * ivring_ring_write() - record a message, in parts if it is long
 * @r: ring of this CPU; preemption off
 * @id: IVRING_ID_* or kernel event id, of 16 bits
 * @buf: payload; kernel memory
 * @size: bytes, of which at most IVRING_MESSAGE_BYTES_MAX are recorded
 *
 * Return: bytes recorded, or -ENOBUFS if the (first) record was dropped.
 */
int ivring_ring_write(struct ivring_ring *r, u32 id, const void *buf, size_t size);

/**
 * ivring_ring_write_event() - record an event behind the name of its task
 * @r: ring of this CPU; preemption off
 * @ids: the task's number, not 0, and that of its process in the high half
 * @comm: its name, IVRING_COMM_BYTES, which may change meanwhile
 * @id: kernel event id, of 16 bits
 * @buf: payload; kernel memory
 * @size: bytes, of which at most IVRING_MESSAGE_BYTES_MAX are recorded
 *
 * If the event's block has no record with the task's name yet, one is written before it.
 * It is left out, and then not counted as a drop, if there is no room for both records,
 * or if the event has to be split.
 *
 * Return: the same as ivring_ring_write().
 */
int ivring_ring_write_event(struct ivring_ring *r, u64 ids, const void *comm, u32 id,
			    const void *buf, size_t size);

/** ivring_ring_refuse() - count a drop that the caller has decided on; preemption off */
void ivring_ring_refuse(struct ivring_ring *r);

/**
 * ivring_ring_needs() - compute how much of a ring a message takes at most
 * @r: ring
 * @size: bytes of the message
 *
 * Return: bytes, without the one gap of less than half a block that may be left at the
 * end of a block.
 */
u64 ivring_ring_needs(const struct ivring_ring *r, size_t size);

#endif /* IVRING_RING_H */
