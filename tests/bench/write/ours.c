// SPDX-License-Identifier: MIT
/* Our writer, in a region as the driver makes it, with a ring for each thread. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "contender.h"

/* The number of rings does not depend on the threads, so neither does their size. */
#define RINGS	THREADS_MOST

static struct {
	struct ivring_ring ring;
} __attribute__((aligned(APART))) writers[RINGS];

static struct ivring_geometry geo;

static struct ivring_config config(const struct setup *s)
{
	static const u8 boot_id[IVRING_BOOT_ID_BYTES] = "bench";

	/* This is more than two rings need, because kernel log and metadata have shares. */
	return (struct ivring_config){
		.region_bytes = s->ring_bytes * 4, .nr_trace = RINGS, .clock_id = s->clock_id,
		.clock_hz = s->clock_id ? 1000000000 : 0, .session_id = 1, .boot_id = boot_id,
	};
}

size_t the_ring_bytes(const struct setup *s)
{
	const struct ivring_config cfg = config(s);

	MUST(ivring_region_plan(&cfg, &geo) == 0);
	return (size_t)geo.trace_blocks * geo.block_bytes;
}

static void start(const struct setup *s)
{
	const struct ivring_config cfg = config(s);
	static struct ivring_ring klog;
	struct ivring_left left;
	struct ivring_ring *rings[RINGS + 1] = { &writers[0].ring, &writers[1].ring, &klog };
	int fd = open(s->path, O_RDWR | O_CREAT | O_EXCL, 0600);
	u8 *region;

	MUST(fd >= 0 && ftruncate(fd, (off_t)cfg.region_bytes) == 0);
	region = mmap(NULL, cfg.region_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	MUST(region != MAP_FAILED && ivring_region_plan(&cfg, &geo) == 0);
	close(fd);
	memset(region, 0, cfg.region_bytes);
	ivring_region_attach(region, &cfg, &geo, rings, &left);
	ivring_live_beat(region, IVRING_STATE_RUNNING, 0, 0, 1);
}

static void write_one(u32 thread, const void *buf, size_t size)
{
	ivring_ring_write(&writers[thread].ring, IVRING_ID_MESSAGE, buf, size);
}

const struct contender ours = { .name = "ours", .start = start, .write = write_one };
