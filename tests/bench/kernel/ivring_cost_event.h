/* SPDX-License-Identifier: MIT */
/* A trace event like any other, with a payload of any size. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ivring_cost

#if !defined(IVRING_COST_EVENT_H) || defined(TRACE_HEADER_MULTI_READ)
#define IVRING_COST_EVENT_H

#include <linux/tracepoint.h>

TRACE_EVENT(ivring_cost,
	TP_PROTO(const void *from, unsigned int bytes),
	TP_ARGS(from, bytes),
	TP_STRUCT__entry(
		__dynamic_array(u8, data, bytes)
	),
	TP_fast_assign(
		memcpy(__get_dynamic_array(data), from, bytes);
	),
	TP_printk("%d bytes", __get_dynamic_array_len(data))
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE ivring_cost_event
#include <trace/define_trace.h>
