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
/* What attach() found of the driver's last start. */
extern struct ivring_left left;
/* How often attach() found nothing, and something, to continue. */
extern u64 fresh, continued;

/** set_up() - plan and map a zeroed region; @block_bytes may be 0 */
void set_up(u64 bytes, u32 nr_trace, u32 block_bytes);

/** tear_down() - unmap it */
void tear_down(void);

/** header() - the region's header, in the region */
struct ivring_region_header *header(void);

/** descs() - the rings' descriptors, in the region */
struct ivring_ring_desc *descs(void);

/** checksum_of_region() - what the header's checksum has to be, from shared bytes */
u32 checksum_of_region(void);

/** attach_any() - ivring_region_attach() and no more */
bool attach_any(void);

/**
 * attach() - ivring_region_attach() as a new driver does it
 *
 * Checks what it stored. Return: true if a session was continued.
 */
bool attach(void);

/** write_and_check() - write @laps laps and a bit into each ring, then walk them */
void write_and_check(u32 laps);

#endif /* IVRING_TEST_FIXTURE_H */
