/* SPDX-License-Identifier: MIT */
/* Two events: while the outer one is being made, an interrupt makes the inner one. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ivring_nest

#if !defined(IVRING_NEST_EVENT_H) || defined(TRACE_HEADER_MULTI_READ)
#define IVRING_NEST_EVENT_H

#include <linux/tracepoint.h>

TRACE_EVENT(ivring_outer,
	TP_PROTO(unsigned int number),
	TP_ARGS(number),
	TP_STRUCT__entry(
		__field(unsigned int, number)
	),
	TP_fast_assign(
		__entry->number = number;
		ivring_nest_interrupt();
	),
	TP_printk("%u", __entry->number)
);

TRACE_EVENT(ivring_inner,
	TP_PROTO(unsigned int number),
	TP_ARGS(number),
	TP_STRUCT__entry(
		__field(unsigned int, number)
	),
	TP_fast_assign(
		__entry->number = number;
	),
	TP_printk("%u", __entry->number)
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE ivring_nest_event
#include <trace/define_trace.h>
