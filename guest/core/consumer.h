/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether anybody consumes: in lossless mode the rings stop for a consumer that
 * is there, and do not wait for ever for one that has died. PROTOCOL.md,
 * "Lossless", has the rules. Builds in the kernel and in user space.
 */
#ifndef IVRING_CONSUMER_H
#define IVRING_CONSUMER_H

#include "ring.h"

/**
 * struct ivring_watch - what is known of a region's consumer; zeroed at first
 * @beat: ivring_host.beat, as it was when it last changed
 * @since_ns: when that was
 * @known: there is a consumer, and the fields above are its
 * @dead: @beat has not changed for too long
 * @last_words: whatever there is: no ring is to wait for it any more
 */
struct ivring_watch {
	u64 beat;
	u64 since_ns;
	bool known;
	bool dead;
	bool last_words;
};

/**
 * ivring_consumer_watch() - look at the consumer, about once a second
 * @w: what the last look has left; one caller at a time
 * @rings: all rings of a region
 * @nr_rings: how many
 * @now_ns: time since anything
 * @timeout_ns: a consumer is dead if it gave no sign of life for so long;
 *	0: never
 *
 * Tells the rings whether to overwrite what is not consumed. A consumer that
 * gives a sign of life again is waited for again.
 *
 * Return: IVRING_MODE_* that holds now.
 */
u32 ivring_consumer_watch(struct ivring_watch *w, struct ivring_ring *const *rings,
			  u32 nr_rings, u64 now_ns, u64 timeout_ns);

/**
 * ivring_consumer_waive() - last words: no ring waits for the consumer any more
 * @w: as above; any context, whoever else is looking
 * @rings: all rings of a region
 * @nr_rings: how many
 */
void ivring_consumer_waive(struct ivring_watch *w, struct ivring_ring *const *rings,
			   u32 nr_rings);

#endif /* IVRING_CONSUMER_H */
