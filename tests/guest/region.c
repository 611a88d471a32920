// SPDX-License-Identifier: MIT
/* Tests ivring_region_plan(): every division of a region adds up. */
#include "check.h"

#define KIB	1024ull
#define MIB	(1024 * KIB)

static u64 plans, refusals;

/* Checks what must hold for every plan, by the plan alone. */
static void check_plan(const struct ivring_config *cfg, const struct ivring_geometry *g)
{
	u64 trace = (u64)g->trace_blocks * g->block_bytes;
	u64 klog = (u64)g->klog_blocks * g->block_bytes;

	CHECK(g->region_bytes == cfg->region_bytes);
	CHECK(g->nr_rings == cfg->nr_trace + 1);
	CHECK(cfg->block_bytes == 0 || g->block_bytes == cfg->block_bytes);
	CHECK((g->block_bytes & (g->block_bytes - 1)) == 0);
	CHECK(g->block_bytes >= IVRING_BLOCK_BYTES_MIN && g->block_bytes <= IVRING_BLOCK_BYTES_MAX);
	CHECK(g->trace_blocks >= IVRING_BLOCKS_MIN && g->klog_blocks >= IVRING_BLOCKS_MIN);
	CHECK(trace <= IVRING_RING_BYTES_MAX && klog <= IVRING_RING_BYTES_MAX);
	CHECK(klog >= 64 * KIB, "%llu", (unsigned long long)klog);
	CHECK(g->rings_offset >= 2 * IVRING_PAGE_BYTES && g->rings_offset % 128 == 0);
	CHECK(g->rings_offset + (u64)g->nr_rings * sizeof(struct ivring_ring_desc) <=
	      g->meta_offset);
	CHECK(g->meta_offset % IVRING_PAGE_BYTES == 0);
	CHECK(g->meta_bytes > 0 && g->meta_bytes <= IVRING_META_BYTES_MAX);
	CHECK(g->meta_bytes % (IVRING_META_PARTS * IVRING_PAGE_BYTES) == 0);
	CHECK(g->meta_bytes <= max_t(u64, g->region_bytes / 8, IVRING_META_PARTS * IVRING_PAGE_BYTES) +
	      IVRING_META_PARTS * IVRING_PAGE_BYTES);
	CHECK(g->meta_offset + g->meta_bytes <= g->data_offset);
	CHECK(g->data_offset % IVRING_PAGE_BYTES == 0);
	CHECK(g->data_offset + cfg->nr_trace * trace + klog <= cfg->region_bytes);
	plans++;
}

static void check_size(struct ivring_config *cfg, u64 bytes)
{
	const u64 needs = ivring_region_needs(cfg->nr_trace, cfg->block_bytes);
	struct ivring_geometry g;
	int got;

	cfg->region_bytes = bytes;
	got = ivring_region_plan(cfg, &g);
	CHECK(got == (bytes < needs ? -ENOSPC : 0), "%d for %llu of %llu bytes, %u rings",
	      got, (unsigned long long)bytes, (unsigned long long)needs, cfg->nr_trace);
	if (got == 0)
		check_plan(cfg, &g);
	else
		refusals++;
}

static void check_refused(struct ivring_config cfg)
{
	struct ivring_geometry g;

	CHECK(ivring_region_plan(&cfg, &g) == -EINVAL);
	refusals++;
}

static void check_limits(void)
{
	struct ivring_config good = { .region_bytes = MIB, .nr_trace = 2 }, bad;

	check_size(&good, MIB);
	bad = good;
	bad.nr_trace = 0;
	check_refused(bad);
	bad.nr_trace = IVRING_RINGS_MAX; /* with the kernel log's ring, one too many */
	check_refused(bad);
	bad = good;
	bad.region_bytes = IVRING_REGION_BYTES_MAX + IVRING_PAGE_BYTES;
	check_refused(bad);
	bad.region_bytes = MIB + 8;
	check_refused(bad);
	bad = good;
	for (u32 block = 1; block <= 4 * IVRING_BLOCK_BYTES_MAX; block += block < 8 ? 1 : 511) {
		bad.block_bytes = block;
		if (block < 4096 || block > 65536 || (block & (block - 1)))
			check_refused(bad);
	}
	good.nr_trace = IVRING_RINGS_MAX - 1;
	check_size(&good, IVRING_REGION_BYTES_MAX);
}

int main(void)
{
	u64 seed = 88172645463325252ull;
	struct ivring_config cfg = { 0 };

	check_limits();
	for (cfg.nr_trace = 1; cfg.nr_trace <= 300; cfg.nr_trace++) {
		for (u32 block = 2048; block <= IVRING_BLOCK_BYTES_MAX; block *= 2) {
			u64 needs;

			cfg.block_bytes = block == 2048 ? 0 : block;
			needs = ivring_region_needs(cfg.nr_trace, cfg.block_bytes);
			CHECK(needs % IVRING_PAGE_BYTES == 0);
			check_size(&cfg, needs - IVRING_PAGE_BYTES);
			check_size(&cfg, needs);
			check_size(&cfg, needs + IVRING_PAGE_BYTES);
			for (u64 bytes = 64 * KIB; bytes <= IVRING_REGION_BYTES_MAX; bytes *= 2)
				check_size(&cfg, bytes);
			for (int i = 0; i < 20; i++)
				check_size(&cfg, check_random(&seed) % (IVRING_REGION_BYTES_MAX >>
					   check_random(&seed) % 16) & ~4095ull);
		}
	}
	printf("plans %llu\nrefusals %llu\n", (unsigned long long)plans,
	       (unsigned long long)refusals);
	return 0;
}
