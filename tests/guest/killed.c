// SPDX-License-Identifier: MIT
/*
 * Plays guests that die: a process writes into a region and is killed at one step of a
 * write; the next one continues the region, and dies a step later; until one completes
 * the whole write.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>
#include "core/region.h"

#define TRAP_FLAG	0x100ull
#define VICTIM_BYTES	1500

static volatile u64 step, die_at;
static struct ivring_ring trace, klog;

static void on_trap(int signal)
{
	(void)signal;
	if (++step == die_at)
		kill(getpid(), SIGKILL);
}

static char text[VICTIM_BYTES];

/* Makes a text with its name at its end, so that a half-written one is recognised. */
static void prepare(const char *what, u64 n, size_t bytes)
{
	memset(text, '.', sizeof(text));
	snprintf(text + bytes - 32, 32, "%-20s%11llu", what, (unsigned long long)n);
}

/* Lives a guest's life, which returns 0 only if it completes its write. */
static int live(void *region, size_t bytes, u64 life)
{
	const u8 boot_id[IVRING_BOOT_ID_BYTES] = { (u8)life, (u8)(life >> 8), 1 };
	const struct ivring_config cfg = {
		.region_bytes = bytes, .nr_trace = 1, .block_bytes = 4096, .session_id = 1,
		/* The clock needs no library, so that each write takes the same steps. */
		.clock_id = IVRING_CLOCK_TSC, .clock_hz = 1000000000, .boot_id = boot_id,
		.takeover = IVRING_TAKEOVER_BOOT,
	};
	struct ivring_ring *rings[] = { &trace, &klog };
	struct ivring_geometry geo;
	struct ivring_left left;

	if (ivring_region_plan(&cfg, &geo) ||
	    ivring_region_attach(region, &cfg, &geo, rings, &left) != (life > 1))
		return 2;
	prepare("before", life, 40);
	ivring_ring_write(&trace, IVRING_ID_MESSAGE, text, 39);
	/* Two and a half of the longer records fill a block, so that some open one. */
	bytes = life % 2 ? VICTIM_BYTES : 100;
	prepare("victim", life, bytes);
	signal(SIGTRAP, on_trap);
	/* Two lives die at each step, one with each kind of victim. */
	die_at = (life + 1) / 2;
	__writeeflags(__readeflags() | TRAP_FLAG);
	ivring_ring_write(&trace, IVRING_ID_MESSAGE, text, bytes - 1);
	__writeeflags(__readeflags() & ~TRAP_FLAG);
	return 0;
}

int main(int argc, char **argv)
{
	int fd = open(argc > 1 ? argv[1] : "", O_RDWR);
	off_t bytes = lseek(fd, 0, SEEK_END);
	void *region = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int status = -1;
	u64 life;

	if (fd < 0 || region == MAP_FAILED)
		return 1;
	for (life = 1; !(WIFEXITED(status) && WEXITSTATUS(status) == 0); life++) {
		pid_t child = fork();

		if (child == 0)
			_exit(live(region, (size_t)bytes, life));
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 1;
		if (WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status) != SIGKILL)
			return 1;
	}
	printf("lives %llu\n", (unsigned long long)life - 1);
	return 0;
}
