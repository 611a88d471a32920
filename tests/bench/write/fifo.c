// SPDX-License-Identifier: MIT
/*
 * write(2) to a pipe, at its best: the pipe is as large as allowed, and nobody
 * reads while it is written to.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>
#include "contender.h"

#define PIPE_BYTES	(1 << 20)

static struct {
	int ends[2];
} __attribute__((aligned(APART))) pipes[THREADS_MOST];
static int bytes_taken;

static void start(const struct setup *s)
{
	for (u32 t = 0; t < s->threads; t++) {
		MUST(pipe2(pipes[t].ends, O_NONBLOCK) == 0);
		/* Without privileges this may be refused; the pipe then stays smaller. */
		fcntl(pipes[t].ends[1], F_SETPIPE_SZ, PIPE_BYTES);
		bytes_taken = fcntl(pipes[t].ends[1], F_GETPIPE_SZ);
		MUST(bytes_taken > 0);
	}
}

static u64 batch(const struct setup *s)
{
	return (u64)bytes_taken / s->size;
}

static void write_one(u32 thread, const void *buf, size_t size)
{
	MUST(write(pipes[thread].ends[1], buf, size) == (ssize_t)size);
}

static void empty(u32 thread)
{
	static u8 sink[THREADS_MOST][65536];

	while (read(pipes[thread].ends[0], sink[thread], sizeof(sink[thread])) > 0)
		;
}

const struct contender fifo = {
	.name = "pipe", .start = start, .write = write_one, .batch = batch, .empty = empty,
};
