// SPDX-License-Identifier: MIT
/* LTTng-UST; the session that it writes into is made by another program. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "lttng_tp.h"
#include <dlfcn.h>
#include "contender.h"

static void check_clock(const char *plugin)
{
	void *loaded = dlopen(plugin, RTLD_NOW | RTLD_NOLOAD);
	int *taken = loaded ? dlsym(loaded, "ivring_bench_clock_taken") : NULL;

	MUST(taken && *taken);
}

static void start(const struct setup *s)
{
	const char *plugin = getenv("LTTNG_UST_CLOCK_PLUGIN");

	(void)s;
	if (plugin)
		check_clock(plugin);
	/* Without a session nothing is written, and that would be fast. */
	MUST(lttng_ust_tracepoint_enabled(ivring_bench, record));
}

static void write_one(u32 thread, const void *buf, size_t size)
{
	(void)thread;
	lttng_ust_tracepoint(ivring_bench, record, buf, size);
}

const struct contender lttng = { .name = "lttng", .start = start, .write = write_one };
