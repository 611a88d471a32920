/* SPDX-License-Identifier: MIT */
/* What the benchmarks' small programs have in common. */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Ends the program with the text of errno, which follows @what. */
static inline void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Returns the nanoseconds since the machine's start. */
static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

#endif /* BENCH_PROGRAM_H */
