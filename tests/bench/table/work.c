// SPDX-License-Identifier: MIT
/*
 * The guest's work: an integer benchmark, and beside it a load that makes trace
 * events at a fixed rate. Usage: work MILLISECONDS TICKS_PER_SECOND ROUNDS
 *
 * The load has real-time priority, so that it does the same however much a
 * transport takes. In every tick it sleeps until the next (timer events), hands
 * a byte to a partner and gets it back, ROUNDS times (sched events), and opens
 * and closes a file (kmem events). The benchmark has what is left of the CPU,
 * and counts units of about 50,000 instructions: it fills 512 words with
 * numbers, sorts them, and takes their CRC-32. Prints the units, and the ticks
 * of the load.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../program.h"

#define WORDS		512
#define SETTLE_NS	20000000

/* What the load and the benchmark share. */
struct shared {
	volatile uint64_t ticks;
	volatile uint64_t late;
};

static void real_time(void)
{
	const struct sched_param param = { .sched_priority = 10 };

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		fail("sched_setscheduler");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Sends back every byte that it receives. */
static void partner(int from, int to)
{
	char byte;

	real_time();
	while (read(from, &byte, 1) == 1)
		if (write(to, &byte, 1) != 1)
			fail("partner");
	exit(0);
}

static void one_tick(int to, int from, int rounds)
{
	char byte = 0;
	int fd;

	for (int i = 0; i < rounds; i++)
		if (write(to, &byte, 1) != 1 || read(from, &byte, 1) != 1)
			fail("hand over");
	fd = open("/proc/self/comm", O_RDONLY);
	if (fd < 0)
		fail("/proc/self/comm");
	close(fd);
}

static void load(struct shared *shared, uint64_t start, uint64_t period, uint64_t count,
		 int rounds)
{
	int there[2], back[2];

	if (pipe(there) || pipe(back))
		fail("pipe");
	if (fork() == 0)
		partner(there[0], back[1]);
	real_time();
	for (uint64_t i = 0; i < count; i++) {
		const uint64_t at = start + i * period;
		const struct timespec due = { (time_t)(at / 1000000000), (long)(at % 1000000000) };

		if (now_ns() > at)
			shared->late++;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
		one_tick(there[1], back[0], rounds);
		shared->ticks++;
	}
	exit(0);
}

static uint32_t crc32(const void *data, size_t bytes, const uint32_t *table)
{
	const uint8_t *at = data;
	uint32_t crc = ~0u;

	while (bytes--)
		crc = crc >> 8 ^ table[(crc ^ *at++) & 255];
	return ~crc;
}

static void sort(uint32_t *words, int count)
{
	static const int gaps[] = { 132, 57, 23, 10, 4, 1 };

	for (unsigned int g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++) {
		const int gap = gaps[g];

		for (int i = gap; i < count; i++) {
			const uint32_t word = words[i];
			int j = i;

			for (; j >= gap && words[j - gap] > word; j -= gap)
				words[j] = words[j - gap];
			words[j] = word;
		}
	}
}

static uint32_t unit(uint32_t seed, const uint32_t *table)
{
	static uint32_t words[WORDS];

	for (int i = 0; i < WORDS; i++)
		words[i] = seed = seed * 1664525u + 1013904223u;
	sort(words, WORDS);
	return crc32(words, sizeof(words), table);
}

int main(int argc, char **argv)
{
	uint32_t table[256], crc = 1;
	uint64_t start, end, units = 0;
	struct shared *shared;

	if (argc != 4 || atoi(argv[2]) <= 0)
		return 2;
	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		fail("mmap");
	start = now_ns() + SETTLE_NS;
	end = start + (uint64_t)atoi(argv[1]) * 1000000;
	if (fork() == 0)
		load(shared, start, 1000000000ull / (uint64_t)atoi(argv[2]),
		     (uint64_t)atoi(argv[1]) * (uint64_t)atoi(argv[2]) / 1000, atoi(argv[3]));
	while (now_ns() < start)
		crc = unit(crc, table);
	for (; now_ns() < end; units++)
		crc = unit(crc, table); /* each begins with what the last has found */
	printf("units=%llu ticks=%llu late=%llu crc=%u\n", (unsigned long long)units,
	       (unsigned long long)shared->ticks, (unsigned long long)shared->late, crc);
	while (wait(NULL) > 0)
		;
	return 0;
}
