/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds out whether there is a consumer: in lossless mode the rings wait for one that
 * is alive, but not for ever for one that has died. PROTOCOL.md, "Lossless", has the
 * rules. Builds in the kernel and in user space.
 */
#ifndef IVRING_CONSUMER_H
#define IVRING_CONSUMER_H

#include "ring.h"

/**
 * struct ivring_watch - what is known of a region's consumer; zeroed at first
 * @beat: ivring_host.beat, as it was when it last changed
 * @since_ns: when that was
 * @known: whether there is a consumer, to which the fields above belong
 * @dead: whether @beat has not changed for too long
 * @last_words: whether no ring is to wait any more, because the system goes down
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
 * @w: what the last look has found; one caller at a time
 * @rings: all rings of a region
 * @nr_rings: how many
 * @now_ns: time since any fixed moment
 * @timeout_ns: a consumer is dead if it gave no sign of life for so long;
 *	0: never
 *
 * Sets in each ring whether to overwrite what is not consumed. If a dead consumer
 * gives a sign of life, the rings wait for it again.
 *
 * Return: the IVRING_MODE_* that holds now.
 */
u32 ivring_consumer_watch(struct ivring_watch *w, struct ivring_ring *const *rings,
			  u32 nr_rings, u64 now_ns, u64 timeout_ns);

/**
 * ivring_consumer_waive() - let no ring wait for the consumer, as the system goes down
 * @w: the same as above; any context, even while ivring_consumer_watch() runs
 * @rings: all rings of a region
 * @nr_rings: how many
 */
void ivring_consumer_waive(struct ivring_watch *w, struct ivring_ring *const *rings,
			   u32 nr_rings);

#endif /* IVRING_CONSUMER_H */
