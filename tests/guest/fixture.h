/* SPDX-License-Identifier: MIT */
/* A region with all its rings, for the tests of attaching. */
#ifndef IVRING_TEST_FIXTURE_H
#define IVRING_TEST_FIXTURE_H

#include "check.h"

#define RINGS_MOST	9

extern const u8 boot_ids[2][IVRING_BOOT_ID_BYTES];
/* The region, between inaccessible pages, and what it was planned from. */
extern u8 *region;
extern struct ivring_config cfg;
extern struct ivring_geometry geo;
extern struct ivring_ring rings[RINGS_MOST];
extern u64 seed;
/* What the driver's last start had left, as attach() found it. */
extern struct ivring_left left;
/* How often attach() found no session to continue, and how often it found one. */
extern u64 fresh, continued;

/** set_up() - plan and map a zeroed region; @block_bytes may be 0 */
void set_up(u64 bytes, u32 nr_trace, u32 block_bytes);

/** tear_down() - unmap the region */
void tear_down(void);

/** header() - get the header, in the region */
struct ivring_region_header *header(void);

/** descs() - get the rings' descriptors, in the region */
struct ivring_ring_desc *descs(void);

/** checksum_of_region() - compute the header's checksum from the shared bytes */
u32 checksum_of_region(void);

/** attach_any() - call ivring_region_attach(), without checks */
bool attach_any(void);

/**
 * attach() - call ivring_region_attach() as a new driver start, and check the result
 *
 * Return: true if a session was continued.
 */
bool attach(void);

/** write_and_check() - write @laps laps and a bit into each ring, then walk them */
void write_and_check(u32 laps);

#endif /* IVRING_TEST_FIXTURE_H */
