// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ringing, once for each time the host has armed the doorbell. Everything that
 * the host says is loaded once; the worst it can do is to be rung in vain.
 */
#include "doorbell.h"

/* (9) pairs with the host's barrier: what it asks for, and whom, is older. */
static u32 load_armed(const struct ivring_doorbell *bell)
{
	return le32_to_cpu(virt_load_acquire(&bell->host->armed));
}

static void ring(struct ivring_doorbell *bell)
{
	const u32 value = le32_to_cpu(READ_ONCE(bell->host->doorbell));
	u64 seen;

	if (!value)
		return; /* that is the guest itself */
	do
		seen = READ_ONCE(bell->rings);
	while (ivring_cmpxchg(&bell->rings, seen, seen + 1) != seen);
	ivring_write_register(bell->at, value);
}

/* Capped, so that a ring does not come round before it is rung. */
static u64 threshold_bytes(const struct ivring_ring *r)
{
	return min_t(u64, le32_to_cpu(READ_ONCE(r->bell->host->threshold_bytes)),
		     r->ring_bytes / 2);
}

void ivring_doorbell_notice(struct ivring_ring *r, u64 before)
{
	struct ivring_doorbell *bell = r->bell;
	/* In this order, or an older arming could be answered after a newer one. */
	const u32 rung = smp_load_acquire(&bell->rung);
	const u32 armed = load_armed(bell);

	if (armed == rung)
		return;
	if (!armed) {
		/* A host that has not armed yet, or whose words were lost. */
		ivring_cmpxchg(&bell->rung, rung, 0);
		return;
	}
	if (r->noticed != armed) {
		WRITE_ONCE(r->noticed_at, before);
		barrier(); /* what nests here counts from there, or from later */
		WRITE_ONCE(r->noticed, armed);
	}
	if (READ_ONCE(r->commit) - READ_ONCE(r->noticed_at) < threshold_bytes(r))
		return;
	/* Of all CPUs, and of all that nests, one. */
	if (ivring_cmpxchg(&bell->rung, rung, armed) == rung)
		ring(bell);
}

void ivring_doorbell_ring(struct ivring_doorbell *bell)
{
	if (!bell)
		return;
	WRITE_ONCE(bell->rung, load_armed(bell));
	ring(bell);
}

u64 ivring_doorbell_count(const struct ivring_doorbell *bell)
{
	return bell ? READ_ONCE(bell->rings) : 0;
}
