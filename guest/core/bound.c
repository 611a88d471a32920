// SPDX-License-Identifier: GPL-2.0-only
/*
 * A token bucket, kept as the moment at which it will be full: that takes one word,
 * leaves no remainders, and is no work while nobody writes.
 */
#include "bound.h"

/* More than any ring has, and little enough that products fit into 64 bits. */
#define BYTES_MOST	(1ULL << 31)

u64 ivring_bound_bytes(u64 ring_bytes, u32 percent)
{
	return ring_bytes / 100 * percent;
}

/* Returns how long it takes to refill so many bytes. */
static u64 cost_ns(u64 allowance, u64 bytes)
{
	return min_t(u64, bytes, BYTES_MOST) * IVRING_BOUND_NS / allowance;
}

/* Returns when the bucket will be full, at the earliest now: nothing is saved up. */
static u64 full_at(const struct ivring_bound *bound, u64 now_ns)
{
	return max_t(u64, bound->full_at_ns, now_ns);
}

bool ivring_bound_allows(const struct ivring_bound *bound, u64 allowance, u64 bytes, u64 now_ns)
{
	return bytes <= allowance &&
	       full_at(bound, now_ns) + cost_ns(allowance, bytes) - now_ns <= IVRING_BOUND_NS;
}

void ivring_bound_charge(struct ivring_bound *bound, u64 allowance, u64 bytes, u64 now_ns)
{
	bound->full_at_ns = full_at(bound, now_ns) + cost_ns(allowance, bytes);
}
