/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doorbell, which wakes a host that sleeps until there is something to read.
 * PROTOCOL.md, "Being told", has the rules. Builds in the kernel and in user
 * space.
 */
#ifndef IVRING_DOORBELL_H
#define IVRING_DOORBELL_H

#include "ring.h"

/**
 * struct ivring_doorbell - a device's doorbell, which all its rings share
 * @host: the host's words, in the region
 * @at: the device's doorbell register
 * @rung: the ivring_host.armed that was answered last; 0 at first
 * @rings: how often it was rung
 */
struct ivring_doorbell {
	const struct ivring_host *host;
	void __iomem *at;
	u32 rung;
	u64 rings;
};

/**
 * ivring_doorbell_is_armed() - find out whether the host waits for records
 * @bell: doorbell
 *
 * There is no barrier: a host that arms just now may miss a store of commit that
 * is still on its way. The next record rings then; see must_ring:A.
 *
 * Return: true if the host has armed the doorbell, and was not answered yet.
 */
static __always_inline bool ivring_doorbell_is_armed(const struct ivring_doorbell *bell)
{
	return le32_to_cpu(READ_ONCE(bell->host->armed)) != READ_ONCE(bell->rung);
}

/**
 * ivring_doorbell_notice() - ring if it is time, after a record was published
 * @r: the record's ring, which has a doorbell
 * @before: the ring's commit word before the record
 *
 * Rings if the ring has grown by what the host has asked for, and nobody has
 * rung for this arming yet. May run in any context, and on all CPUs at once.
 */
void ivring_doorbell_notice(struct ivring_ring *r, u64 before);

/** ivring_doorbell_ring() - ring, whether armed or not; @bell may be NULL */
void ivring_doorbell_ring(struct ivring_doorbell *bell);

/** ivring_doorbell_count() - get how often the doorbell was rung; @bell may be NULL */
u64 ivring_doorbell_count(const struct ivring_doorbell *bell);

#endif /* IVRING_DOORBELL_H */
