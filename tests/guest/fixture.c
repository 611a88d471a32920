// SPDX-License-Identifier: MIT
/* Makes a region with all its rings, for the tests of attaching. */
#include "fixture.h"

static u8 name[] = "a kernel whose name is longer than the sixty-four bytes that there are for it";

const u8 boot_ids[2][IVRING_BOOT_ID_BYTES] = { "the first boot ", "the second one " };

u8 *region;
struct ivring_config cfg;
struct ivring_geometry geo;
struct ivring_ring rings[RINGS_MOST];
static struct ivring_ring *ring_list[RINGS_MOST];
u64 seed = 88172645463325252ull, fresh, continued;
struct ivring_left left;

struct ivring_region_header *header(void)
{
	return (void *)region;
}

struct ivring_ring_desc *descs(void)
{
	return (void *)(region + geo.rings_offset);
}

void set_up(u64 bytes, u32 nr_trace, u32 block_bytes)
{
	cfg = (struct ivring_config){
		.region_bytes = bytes, .nr_trace = nr_trace, .block_bytes = block_bytes,
		.clock_id = IVRING_CLOCK_TSC, .clock_hz = 2000000000, .clock_base = 77,
		.utc_base_ns = 99, .takeover = IVRING_TAKEOVER_BOOT, .session_id = 0x1111,
		.boot_id = boot_ids[0],
		.guest_name = "a guest", .driver_version = "0.1.0", .kernel_release = (char *)name,
	};
	CHECK(ivring_region_plan(&cfg, &geo) == 0);
	CHECK(geo.nr_rings <= RINGS_MOST);
	for (u32 i = 0; i < geo.nr_rings; i++)
		ring_list[i] = &rings[i];
	region = check_map(bytes);
}

void tear_down(void)
{
	check_unmap(region, cfg.region_bytes);
}

/* Computes the checksum from the shared bytes, in another way than the writer. */
u32 checksum_of_region(void)
{
	struct ivring_region_header h = *header();
	u32 i, crc;

	h.checksum = 0;
	crc = ivring_crc32(0, &h, sizeof(h));
	for (i = 0; i < geo.nr_rings; i++)
		crc = ivring_crc32(crc, &descs()[i].geometry, sizeof(descs()[i].geometry));
	return crc;
}

/* Checks that rings lie inside the data, do not overlap, and match their descriptors. */
static void check_rings(void)
{
	const struct ivring_region_header *h = header();
	u64 end = h->data_offset;

	for (u32 i = 0; i < geo.nr_rings; i++) {
		const struct ivring_ring_geometry *g = &descs()[i].geometry;

		CHECK(g->data_offset >= end && g->data_offset % IVRING_PAGE_BYTES == 0);
		end = g->data_offset + (u64)g->nr_blocks * g->block_bytes;
		CHECK(g->nr_blocks >= IVRING_BLOCKS_MIN && g->block_bytes == h->block_bytes);
		CHECK(g->kind == (i + 1 == geo.nr_rings ? IVRING_KIND_KLOG : IVRING_KIND_TRACE));
		CHECK(g->cpu == (i + 1 == geo.nr_rings ? IVRING_CPU_NONE : i));
		CHECK(rings[i].data == region + g->data_offset);
		CHECK(rings[i].live == &descs()[i].live && rings[i].nr_blocks == g->nr_blocks);
	}
	CHECK(end == h->data_offset + h->data_bytes && end <= cfg.region_bytes);
}

bool attach_any(void)
{
	memset(rings, 0, sizeof(rings));
	return ivring_region_attach(region, &cfg, &geo, ring_list, &left);
}

bool attach(void)
{
	u64 old_session = header()->session_id;
	u32 old_epoch = header()->epoch;
	bool known;

	known = attach_any();
	CHECK(header()->magic == IVRING_MAGIC);
	CHECK(header()->checksum == checksum_of_region());
	CHECK(header()->session_id == (known ? old_session : cfg.session_id));
	CHECK(header()->epoch == (known ? old_epoch + 1 : 0));
	CHECK(memcmp(header()->boot_id, cfg.boot_id, IVRING_BOOT_ID_BYTES) == 0);
	check_rings();
	*(known ? &continued : &fresh) += 1;
	return known;
}

/* Writes @laps laps and a bit into each ring, and then checks the ring. */
void write_and_check(u32 laps)
{
	static u8 buf[100000];
	struct walk w;

	for (u32 i = 0; i < geo.nr_rings; i++) {
		u64 bytes = (u64)laps * rings[i].nr_blocks << rings[i].block_shift, size;

		for (u64 done = 0; done <= bytes; done += size) {
			size = check_random(&seed) % (check_random(&seed) % 50 ? 900 : sizeof(buf));
			check_message(buf, (u32)size, (u32)check_random(&seed));
			CHECK(ivring_ring_write(&rings[i], IVRING_ID_MESSAGE, buf, size) ==
			      (int)size);
		}
		check_ring(&rings[i], rings[i].data, rings[i].live, &w);
		CHECK(w.records > 0);
	}
}
