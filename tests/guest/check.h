/* SPDX-License-Identifier: MIT */
/*
 * Shared by the C tests of the writer: assertions, memory between guard pages,
 * payloads that can be checked by themselves, and a checker that walks a ring.
 */
#ifndef IVRING_TEST_CHECK_H
#define IVRING_TEST_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include "core/region.h"

/* Ends the process, naming the line, if @cond does not hold. */
#define CHECK(cond, ...) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s:", __FILE__, __LINE__, #cond); \
		fprintf(stderr, " " __VA_ARGS__);			\
		fprintf(stderr, "\n");					\
		_Exit(1);						\
	}								\
} while (0)

/* Event id of records whose payload is computed from their sequence number. */
#define TEST_ID		7

/**
 * struct walk - what check_ring() found
 * @first_seq: sequence of the oldest record that is still there
 * @next_seq: sequence that follows that of the newest record
 * @records: number of records
 * @lost: number of sequence numbers skipped at takeovers
 * @takeovers: number of takeover records
 * @parts: number of IVRING_ID_PART records
 * @unfinished: number of messages whose last parts are missing
 * @discards_fell: number of blocks with fewer discarded events than the one before
 */
struct walk {
	u64 first_seq;
	u64 next_seq;
	u64 records;
	u64 lost;
	u64 takeovers;
	u64 parts;
	u64 unfinished;
	u64 discards_fell;
};

/** check_map() - map zeroed memory with an inaccessible page at either end */
void *check_map(size_t bytes);

/** check_unmap() - undo check_map() */
void check_unmap(void *p, size_t bytes);

/** check_random() - make a random number by xorshift over @state, which is not 0 */
u64 check_random(u64 *state);

/** check_fill() - make the payload of a TEST_ID record: words computed from @seq */
void check_fill(void *payload, u32 bytes, u32 seq);

/** check_message() - make the payload of a message: words computed from @key */
void check_message(void *payload, u32 bytes, u32 key);

/** check_ring_init() - make a ring over @data and @live, and start it */
void check_ring_init(struct ivring_ring *r, void *data, struct ivring_ring_live *live,
		     u32 block_bytes, u32 nr_blocks);

/**
 * check_ring() - walk all of a ring that nobody writes to now
 * @r: the ring, of which only constant fields are used; positions come from shared memory
 * @data: slot 0; may be a copy of what @r writes to
 * @live: the live line; may be a copy, too
 * @w: result
 *
 * Ends the process if anything is not whole, consecutive and in order.
 */
void check_ring(const struct ivring_ring *r, const u8 *data,
		const struct ivring_ring_live *live, struct walk *w);

/** check_ring_newest() - do what check_ring() does, with the newest @most blocks only */
void check_ring_newest(const struct ivring_ring *r, const u8 *data,
		       const struct ivring_ring_live *live, u32 most, struct walk *w);

/**
 * check_intact() - count the blocks up to @commit that still have their numbers
 *
 * All have them, unless writers that never ended had claimed their slots anew.
 */
u32 check_intact(const struct ivring_ring *r, const u8 *data, u64 commit);

/** check_seq_at() - get the sequence of the record that follows @commit, from its block */
u64 check_seq_at(const struct ivring_ring *r, u64 commit);

#endif /* IVRING_TEST_CHECK_H */
