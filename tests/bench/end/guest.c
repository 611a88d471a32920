// SPDX-License-Identifier: MIT
/*
 * A guest in user space, in real shared memory. Usage: guest PATH RINGS BYTES
 *
 * Makes the object with RINGS trace rings, prints "ready", and obeys lines
 * "STEP RATE MILLISECONDS" on standard input: it writes RATE records a second
 * for that time, into all rings in turn, waits until a reader must have seen
 * them, and writes a last record with their number. Every record is a line of
 * BYTES that begins with the time of writing: CLOCK_MONOTONIC in nanoseconds,
 * 16 hexadecimal digits. At the end of its input it removes the object, and
 * ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "check.h"

#define RINGS_MOST	64
#define REGION_BYTES	(16ull << 20)
#define BYTES_MOST	4096
#define BEAT_NS		500000000ull
#define NAP_NS		200000
/* Longer than the longest sleep of a reader that has nothing to do. */
#define PAUSE_NS	300000000ull

static struct ivring_ring rings[RINGS_MOST + 1];
static void *region;
static u32 nr_rings, bytes;
static u64 last_beat, beats;

static void make_region(const char *path)
{
	static const u8 boot_id[IVRING_BOOT_ID_BYTES] = "end to end";
	struct ivring_config cfg = {
		.clock_id = IVRING_CLOCK_MONOTONIC, .clock_hz = 1000000000, .session_id = 1,
		.boot_id = boot_id, .block_bytes = 16384, .region_bytes = REGION_BYTES,
		.nr_trace = nr_rings,
	};
	struct ivring_ring *pointers[RINGS_MOST + 1];
	struct ivring_geometry geo;
	struct ivring_left left;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0 && ftruncate(fd, REGION_BYTES) == 0, "%s", path);
	region = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(region != MAP_FAILED);
	close(fd);
	for (u32 i = 0; i <= nr_rings; i++)
		pointers[i] = &rings[i];
	CHECK(ivring_region_plan(&cfg, &geo) == 0);
	CHECK(!ivring_region_attach(region, &cfg, &geo, pointers, &left));
}

static void beat(u64 now)
{
	if (now - last_beat < BEAT_NS)
		return;
	last_beat = now;
	ivring_live_beat(region, IVRING_STATE_RUNNING, 0, 0, ++beats);
}

static void write_record(u32 ring)
{
	static char line[BYTES_MOST];
	const u64 now = ivring_clock_monotonic();

	if (!line[0]) {
		memset(line, '.', sizeof(line));
		line[16] = ' ';
		line[bytes - 1] = '\n';
	}
	for (int i = 0; i < 16; i++)
		line[i] = "0123456789abcdef"[now >> (60 - 4 * i) & 15];
	ivring_ring_write(&rings[ring], IVRING_ID_MESSAGE, line, bytes);
}

static u64 dropped(void)
{
	u64 sum = 0;

	for (u32 i = 0; i <= nr_rings; i++)
		sum += rings[i].dropped;
	return sum;
}

static void run_step(u32 step, u64 rate, u64 ns)
{
	const u64 start = ivring_clock_monotonic(), drops = dropped();
	u64 written = 0, now, due;
	char text[80];

	while ((now = ivring_clock_monotonic()) - start < ns) {
		due = (u64)((double)(now - start) * (double)rate / 1e9);
		for (; written < due; written++)
			write_record((u32)(written % nr_rings));
		beat(now);
		nanosleep(&(struct timespec){ .tv_nsec = NAP_NS }, NULL);
	}
	while (ivring_clock_monotonic() - now < PAUSE_NS)
		nanosleep(&(struct timespec){ .tv_nsec = NAP_NS }, NULL);
	snprintf(text, sizeof(text), "END step=%u written=%llu dropped=%llu\n", step,
		 (unsigned long long)written, (unsigned long long)(dropped() - drops));
	ivring_ring_write(&rings[0], IVRING_ID_MESSAGE, text, strlen(text));
}

int main(int argc, char **argv)
{
	struct pollfd input = { .fd = 0, .events = POLLIN };
	unsigned long long rate, ms;
	unsigned int step;
	char line[80];

	CHECK(argc == 4);
	nr_rings = (u32)atoi(argv[2]);
	bytes = (u32)atoi(argv[3]);
	CHECK(nr_rings >= 1 && nr_rings <= RINGS_MOST && bytes >= 18 && bytes <= BYTES_MOST);
	make_region(argv[1]);
	printf("ready\n");
	fflush(stdout);
	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		beat(ivring_clock_monotonic());
		if (poll(&input, 1, 100) == 0)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			break;
		CHECK(sscanf(line, "%u %llu %llu", &step, &rate, &ms) == 3);
		run_step(step, rate, ms * 1000000);
	}
	unlink(argv[1]);
	return 0;
}
