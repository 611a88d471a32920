/* SPDX-License-Identifier: MIT */
/* The tracepoint, with a payload of any length like ours. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER ivring_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./lttng_tp.h"

#if !defined(IVRING_BENCH_LTTNG_TP_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define IVRING_BENCH_LTTNG_TP_H

#include <stddef.h>
#include <stdint.h>
#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT(ivring_bench, record,
	LTTNG_UST_TP_ARGS(const uint8_t *, data, size_t, size),
	LTTNG_UST_TP_FIELDS(lttng_ust_field_sequence(uint8_t, data, data, size_t, size)))

#endif /* IVRING_BENCH_LTTNG_TP_H */

#include <lttng/tracepoint-event.h>
