// SPDX-License-Identifier: MIT
/* A clock for LTTng-UST that reads the TSC; loaded by LTTNG_UST_CLOCK_PLUGIN. */
#include <stdint.h>
#include <string.h>
#include <lttng/ust-clock.h>

static uint64_t read_tsc(void)
{
	return __builtin_ia32_rdtsc();
}

/* Returns what only readers of the trace use, of which there are none. */
static uint64_t frequency(void)
{
	return 1000000000;
}

static int uuid(char *into)
{
	strcpy(into, "5d0a4ad8-54a0-4b5a-9c0b-3d2f6a3a1c11");
	return 0;
}

static const char *name(void)
{
	return "tsc";
}

static const char *description(void)
{
	return "raw time stamp counter";
}

/* For lttng.c, because after a refusal the default clock would be used unnoticed. */
int ivring_bench_clock_taken;

void lttng_ust_clock_plugin_init(void);

/* LTTng's daemon calls it twice, and refuses the second call. */
void lttng_ust_clock_plugin_init(void)
{
	if (ivring_bench_clock_taken)
		return;
	ivring_bench_clock_taken = !lttng_ust_trace_clock_set_read64_cb(read_tsc) &&
				   !lttng_ust_trace_clock_set_freq_cb(frequency) &&
				   !lttng_ust_trace_clock_set_uuid_cb(uuid) &&
				   !lttng_ust_trace_clock_set_name_cb(name) &&
				   !lttng_ust_trace_clock_set_description_cb(description) &&
				   !lttng_ust_enable_trace_clock_override();
}
