// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings once for each time that the host has armed the doorbell. Each of the host's
 * words is loaded once; at worst, a hostile host is rung in vain.
 */
#include "doorbell.h"

/*
 * MO(load_armed:A) pairs with HostPage.arm:C. If it reads the arming that HostPage.arm:C
 * stores, then what is read behind it, at ring:A and threshold_bytes:A, is what
 * HostPage.arm:A and HostPage.arm:B stored before, or later.
 */
static u32 load_armed(const struct ivring_doorbell *bell)
{
	return le32_to_cpu(virt_load_acquire(&bell->host->armed));
}

static void ring(struct ivring_doorbell *bell)
{
	/* MO(ring:A) pairs with HostPage.arm:A, by way of load_armed:A: see there. */
	const u32 value = le32_to_cpu(READ_ONCE(bell->host->doorbell));
	u64 seen;

	if (!value)
		return; /* 0 is the guest itself */
	/* MO(ring:B) has no pair. It only counts, on all CPUs at once. */
	do
		seen = READ_ONCE(bell->rings);
	while (ivring_cmpxchg(&bell->rings, seen, seen + 1) != seen);
	ivring_write_register(bell->at, value);
}

/*
 * Returns the host's threshold, but at most half of the ring, so that the ring does not
 * wrap before the doorbell is rung.
 * MO(threshold_bytes:A) pairs with HostPage.arm:B, by way of load_armed:A: see there.
 */
static u64 threshold_bytes(const struct ivring_ring *r)
{
	return min_t(u64, le32_to_cpu(READ_ONCE(r->bell->host->threshold_bytes)),
		     r->ring_bytes / 2);
}

void ivring_doorbell_notice(struct ivring_ring *r, u64 before)
{
	struct ivring_doorbell *bell = r->bell;
	/*
	 * MO(ivring_doorbell_notice:A) pairs with ivring_doorbell_notice:B and
	 * ivring_doorbell_notice:D. If it reads what one of them has stored on another CPU,
	 * load_armed:A behind it reads the arming that was answered there, or a later one. In
	 * the other order an older arming could be answered after a newer one.
	 */
	const u32 rung = smp_load_acquire(&bell->rung);
	const u32 armed = load_armed(bell);

	if (armed == rung)
		return;
	if (!armed) {
		/*
		 * The host has not armed yet, or its words were lost.
		 * MO(ivring_doorbell_notice:B) pairs with ivring_doorbell_notice:A.
		 */
		ivring_cmpxchg(&bell->rung, rung, 0);
		return;
	}
	if (r->noticed != armed) {
		WRITE_ONCE(r->noticed_at, before);
		/*
		 * MO(ivring_doorbell_notice:C) pairs with itself. If a writer that
		 * interrupts finds the arming noted below, it counts from the commit noted
		 * above, or from a later one.
		 */
		barrier();
		WRITE_ONCE(r->noticed, armed);
	}
	if (READ_ONCE(r->commit) - READ_ONCE(r->noticed_at) < threshold_bytes(r))
		return;
	/*
	 * MO(ivring_doorbell_notice:D) pairs with ivring_doorbell_notice:A and with itself. Among
	 * all CPUs, and all writers that nest, one finds rung unchanged, and rings. It is
	 * behind load_armed:A, so that ivring_doorbell_notice:A of others can rely on it.
	 */
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
