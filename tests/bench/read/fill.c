// SPDX-License-Identifier: MIT
/*
 * A guest with one CPU. Usage: fill PATH REGION_BYTES PAYLOAD_BYTES [flow]
 *
 * Makes the object and writes a little more than once around its ring, with
 * lines of text of that length; none if it is 0. With `flow` it then prints
 * "ready", and goes on writing as fast as it can, until it is ended.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include "reader.h"

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

int main(int argc, char **argv)
{
	static const u8 boot_id[IVRING_BOOT_ID_BYTES] = "bench";
	static const char text[] = "eth0: link becomes ready, \"full\" duplex, 1000 Mbps; ";
	static struct ivring_ring trace, klog;
	static u8 line[65536];
	struct ivring_ring *rings[] = { &trace, &klog };
	struct ivring_config cfg = {
		.nr_trace = 1, .clock_id = IVRING_CLOCK_MONOTONIC, .clock_hz = 1000000000,
		.session_id = 1, .boot_id = boot_id, .utc_base_ns = 1700000000000000000ULL,
	};
	struct ivring_geometry geo;
	struct ivring_left left;
	size_t size;
	u8 *region;
	int fd;

	MUST(argc > 3);
	cfg.clock_base = ivring_clock_monotonic();
	cfg.region_bytes = (u64)atoll(argv[2]);
	size = (size_t)atol(argv[3]);
	MUST(size <= sizeof(line));
	for (size_t i = 0; i < size; i++)
		line[i] = (u8)text[i % (sizeof(text) - 1)];
	if (size)
		line[size - 1] = '\n';
	fd = open(argv[1], O_RDWR | O_CREAT | O_EXCL, 0600);
	MUST(fd >= 0 && ftruncate(fd, (off_t)cfg.region_bytes) == 0);
	region = mmap(NULL, cfg.region_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	MUST(region != MAP_FAILED && ivring_region_plan(&cfg, &geo) == 0);
	ivring_region_attach(region, &cfg, &geo, rings, &left);
	ivring_live_beat(region, IVRING_STATE_RUNNING, cfg.clock_base, cfg.utc_base_ns, 1);
	/* This is once around and a third more, so that no reader begins at the first block. */
	while (size && trace.commit < (u64)geo.trace_blocks * geo.block_bytes / 3 * 4)
		ivring_ring_write(&trace, IVRING_ID_MESSAGE, line, size);
	printf("ring_bytes %llu\n", (unsigned long long)geo.trace_blocks * geo.block_bytes);
	printf("records %llu\n", (unsigned long long)trace.commit_seq);
	if (argc < 5)
		return 0;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	printf("ready\n");
	fflush(stdout);
	while (!stop)
		for (int i = 0; i < 1000; i++)
			ivring_ring_write(&trace, IVRING_ID_MESSAGE, line, size);
	printf("written %llu\n", (unsigned long long)trace.commit_seq);
	return 0;
}
