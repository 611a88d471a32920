/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doorbell: waking a host that sleeps until there is something to read.
 * PROTOCOL.md, "Being told", has the rules. Builds in the kernel and in user
 * space.
 */
#ifndef IVRING_DOORBELL_H
#define IVRING_DOORBELL_H

#include "ring.h"

/**
 * struct ivring_doorbell - of a device; all its rings share it
 * @host: what the host says, in the region
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
 * ivring_doorbell_is_armed() - whether the host waits for something
 * @bell: doorbell
 *
 * There is no barrier: a host that arms just now may miss a store of commit that
 * is still on its way. The next record notices; see must_ring:A.
 *
 * Return: true if it does, and was not answered yet.
 */
static __always_inline bool ivring_doorbell_is_armed(const struct ivring_doorbell *bell)
{
	return le32_to_cpu(READ_ONCE(bell->host->armed)) != READ_ONCE(bell->rung);
}

/**
 * ivring_doorbell_notice() - a record was published while the host waits
 * @r: its ring, which has a doorbell
 * @before: the ring's commit word before it
 *
 * Rings if the ring has grown by what the host has asked for, and nobody has
 * rung for this arming yet. Any context, and any CPU at the same time.
 */
void ivring_doorbell_notice(struct ivring_ring *r, u64 before);

/** ivring_doorbell_ring() - ring, whether armed or not; @bell may be NULL */
void ivring_doorbell_ring(struct ivring_doorbell *bell);

/** ivring_doorbell_count() - how often it was rung; @bell may be NULL */
u64 ivring_doorbell_count(const struct ivring_doorbell *bell);

#endif /* IVRING_DOORBELL_H */
