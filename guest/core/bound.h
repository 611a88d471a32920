/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounds how much of a ring programs without privileges may fill. Everything that is
 * written on a CPU shares its ring, so that a flood of messages would push out what the
 * kernel recorded. Builds in the kernel and in user space.
 */
#ifndef IVRING_BOUND_H
#define IVRING_BOUND_H

#include "port.h"

/* The time in which an allowance that is used up is refilled. */
#define IVRING_BOUND_NS		4000000000ULL

/**
 * struct ivring_bound - what is left of a ring's allowance; zeroed at first
 * @full_at_ns: when it will be full again; the later, the less is left
 */
struct ivring_bound {
	u64 full_at_ns;
};

/**
 * ivring_bound_bytes() - compute the allowance of a ring
 * @ring_bytes: size of all its blocks
 * @percent: how much of them may be filled at once
 *
 * An allowance that is used up is refilled evenly within IVRING_BOUND_NS.
 *
 * Return: bytes.
 */
u64 ivring_bound_bytes(u64 ring_bytes, u32 percent);

/**
 * ivring_bound_allows() - find out whether a message may be written now
 * @bound: the ring's bound; one caller at a time
 * @allowance: from ivring_bound_bytes(), not 0
 * @bytes: what the message needs at most
 * @now_ns: time since any fixed moment
 *
 * Return: true if it may be.
 */
bool ivring_bound_allows(const struct ivring_bound *bound, u64 allowance, u64 bytes, u64 now_ns);

/**
 * ivring_bound_charge() - charge what was written
 * @bound: the ring's bound; one caller at a time
 * @allowance: the same as for ivring_bound_allows()
 * @bytes: how far the ring has advanced: more than what was allowed if a block
 *	was left with a gap at its end
 * @now_ns: the same as for ivring_bound_allows()
 */
void ivring_bound_charge(struct ivring_bound *bound, u64 allowance, u64 bytes, u64 now_ns);

#endif /* IVRING_BOUND_H */
