// SPDX-License-Identifier: MIT
/*
 * Many guests at once, in real shared memory: some write at a steady rate, and
 * all have a heartbeat. Usage: guests BASE GUESTS BUSY RATE SECONDS
 *
 * Makes /dev/shm/BASE-0, -1, ... of 2 MiB with the rings of 4 CPUs and of the
 * kernel log, prints "ready", and begins when a line comes on its standard
 * input. RATE is in records a second of each of the first BUSY guests, spread
 * over its rings. At the end it prints figures of all guests, and removes the
 * objects once a second line has come.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "check.h"

#define GUESTS_MOST	256
#define CPUS		4
#define RINGS		(CPUS + 1)
#define REGION_BYTES	(2ull << 20)
#define BEAT_NS		1000000000ull

struct guest {
	struct ivring_ring rings[RINGS];
	void *region;
	u64 written;
	char path[256];
};

static struct guest guests[GUESTS_MOST];

static void make_guest(struct guest *g, const char *base, u32 index)
{
	static const u8 boot_id[IVRING_BOOT_ID_BYTES] = "many";
	struct ivring_config cfg = {
		.clock_id = IVRING_CLOCK_MONOTONIC, .clock_hz = 1000000000,
		.session_id = index + 1, .boot_id = boot_id, .block_bytes = 16384,
		.region_bytes = REGION_BYTES, .nr_trace = CPUS,
	};
	struct ivring_ring *rings[RINGS];
	struct ivring_geometry geo;
	struct ivring_left left;
	int fd;

	snprintf(g->path, sizeof(g->path), "/dev/shm/%s-%u", base, index);
	fd = open(g->path, O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && ftruncate(fd, REGION_BYTES) == 0, "%s", g->path);
	g->region = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(g->region != MAP_FAILED);
	close(fd);
	for (u32 i = 0; i < RINGS; i++)
		rings[i] = &g->rings[i];
	CHECK(ivring_region_plan(&cfg, &geo) == 0);
	CHECK(!ivring_region_attach(g->region, &cfg, &geo, rings, &left));
}

static void write_record(struct guest *g, u32 index)
{
	char text[128];
	int len = snprintf(text, sizeof(text), "guest %u: record %llu of a steady stream of them\n",
			   index, (unsigned long long)g->written);

	CHECK(ivring_ring_write(&g->rings[g->written % RINGS], IVRING_ID_MESSAGE, text,
				(u32)len) == len);
	g->written++;
}

int main(int argc, char **argv)
{
	u32 nr = argc == 6 ? (u32)atoi(argv[2]) : 0, busy = argc == 6 ? (u32)atoi(argv[3]) : 0;
	u64 rate = argc == 6 ? (u64)atoll(argv[4]) : 0, start, end, now, beats = 0, drops = 0;

	CHECK(nr > 0 && nr <= GUESTS_MOST && busy <= nr);
	for (u32 i = 0; i < nr; i++)
		make_guest(&guests[i], argv[1], i);
	printf("ready\n");
	fflush(stdout);
	CHECK(getchar() != EOF);
	start = ivring_clock_monotonic();
	end = start + (u64)(atof(argv[5]) * 1e9);
	while ((now = ivring_clock_monotonic()) < end) {
		const u64 due = (u64)((double)(now - start) * (double)rate / 1e9);

		for (u32 i = 0; i < busy; i++)
			while (guests[i].written < due)
				write_record(&guests[i], i);
		if (now - start >= beats * BEAT_NS) {
			beats++;
			for (u32 i = 0; i < nr; i++)
				ivring_live_beat(guests[i].region, IVRING_STATE_RUNNING, 0, 0,
						 beats);
		}
		nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
	}
	u64 written = 0;
	for (u32 i = 0; i < nr; i++) {
		written += guests[i].written;
		for (u32 j = 0; j < RINGS; j++)
			drops += guests[i].rings[j].dropped;
	}
	printf("written %llu\ndropped %llu\n", (unsigned long long)written,
	       (unsigned long long)drops);
	fflush(stdout);
	while (getchar() != '\n' && !feof(stdin))
		;
	(void)getchar();
	for (u32 i = 0; i < nr; i++)
		unlink(guests[i].path);
	return 0;
}
