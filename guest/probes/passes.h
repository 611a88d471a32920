/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the header of a system of events, IVRING_HEADER, once more, as the kernel itself
 * does in trace/trace_events.h: each pass gives the macros of TRACE_EVENT another meaning.
 * The result is a probe for each class of events, which builds the same record as the
 * kernel's own probe does, and a description of each event. This is included for each
 * system, so that it has no guard.
 *
 * An event of which the kernel keeps something to itself does not compile here, or does
 * not link; choose.sh finds these out, and IVRING_SKIP_name, defined as "x, 1", leaves
 * the event or the class with that name out.
 */

/*
 * Some helpers of events stand where the kernel defines its tracepoints. That is read, but
 * no tracepoint is defined, because events.c has defined NOTRACE.
 */
#define CREATE_TRACE_POINTS
#include IVRING_HEADER
#undef CREATE_TRACE_POINTS

#define TRACE_HEADER_MULTI_READ

#undef TRACE_EVENT
#define TRACE_EVENT(name, proto, args, tstruct, assign, print)			\
	DECLARE_EVENT_CLASS(name, PARAMS(proto), PARAMS(args), PARAMS(tstruct),	\
			    PARAMS(assign), PARAMS(print))			\
	DEFINE_EVENT(name, name, PARAMS(proto), PARAMS(args))
#undef TRACE_EVENT_SYSCALL
#define TRACE_EVENT_SYSCALL(name, proto, args, tstruct, assign, print, reg, unreg) \
	DECLARE_EVENT_SYSCALL_CLASS(name, PARAMS(proto), PARAMS(args),		\
				    PARAMS(tstruct), PARAMS(assign), PARAMS(print)) \
	DEFINE_EVENT(name, name, PARAMS(proto), PARAMS(args))
/* The tracepoint calls @reg and @unreg, and knows @cond, whoever the probe is. */
#undef TRACE_EVENT_FN
#define TRACE_EVENT_FN(name, proto, args, tstruct, assign, print, reg, unreg)	\
	TRACE_EVENT(name, PARAMS(proto), PARAMS(args), PARAMS(tstruct),		\
		    PARAMS(assign), PARAMS(print))
#undef TRACE_EVENT_FN_COND
#define TRACE_EVENT_FN_COND(name, proto, args, cond, tstruct, assign, print, reg, unreg) \
	TRACE_EVENT(name, PARAMS(proto), PARAMS(args), PARAMS(tstruct),		\
		    PARAMS(assign), PARAMS(print))
#undef TRACE_EVENT_CONDITION
#define TRACE_EVENT_CONDITION(name, proto, args, cond, tstruct, assign, print)	\
	TRACE_EVENT(name, PARAMS(proto), PARAMS(args), PARAMS(tstruct),		\
		    PARAMS(assign), PARAMS(print))
#undef DEFINE_EVENT_FN
#define DEFINE_EVENT_FN(template, name, proto, args, reg, unreg)		\
	DEFINE_EVENT(template, name, PARAMS(proto), PARAMS(args))
#undef DEFINE_EVENT_PRINT
#define DEFINE_EVENT_PRINT(template, name, proto, args, print)			\
	DEFINE_EVENT(template, name, PARAMS(proto), PARAMS(args))
#undef DEFINE_EVENT_CONDITION
#define DEFINE_EVENT_CONDITION(template, name, proto, args, cond)		\
	DEFINE_EVENT(template, name, PARAMS(proto), PARAMS(args))
/* Tracepoints without an event, and what is only for printing. */
#undef TRACE_EVENT_NOP
#define TRACE_EVENT_NOP(...)
#undef DECLARE_EVENT_NOP
#define DECLARE_EVENT_NOP(...)
#undef DECLARE_EVENT_CLASS_NOP
#define DECLARE_EVENT_CLASS_NOP(...)
#undef DEFINE_EVENT_NOP
#define DEFINE_EVENT_NOP(...)
#undef DECLARE_TRACE
#define DECLARE_TRACE(...)
#undef DECLARE_TRACE_CONDITION
#define DECLARE_TRACE_CONDITION(...)
#undef DECLARE_TRACE_SYSCALL
#define DECLARE_TRACE_SYSCALL(...)
#undef DECLARE_TRACE_EVENT
#define DECLARE_TRACE_EVENT(...)
#undef DECLARE_TRACE_EVENT_CONDITION
#define DECLARE_TRACE_EVENT_CONDITION(...)
#undef TRACE_EVENT_FLAGS
#define TRACE_EVENT_FLAGS(...)
#undef TRACE_EVENT_PERF_PERM
#define TRACE_EVENT_PERF_PERM(...)
#undef TRACE_DEFINE_ENUM
#define TRACE_DEFINE_ENUM(...)
#undef TRACE_DEFINE_SIZEOF
#define TRACE_DEFINE_SIZEOF(...)
#undef DECLARE_EVENT_SYSCALL_CLASS
#define DECLARE_EVENT_SYSCALL_CLASS DECLARE_EVENT_CLASS

/* The record. */
#include <trace/stages/stage1_struct_define.h>
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(call, proto, args, tstruct, assign, print)		\
	IVRING_UNLESS_SKIPPED(call, struct trace_event_raw_##call {		\
		struct trace_entry ent;						\
		tstruct								\
		char __data[];							\
	};)
#undef DEFINE_EVENT
#define DEFINE_EVENT(template, name, proto, args)
#include IVRING_HEADER

/* The places of its fields of variable length. */
#include <trace/stages/stage2_data_offsets.h>
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(call, proto, args, tstruct, assign, print)		\
	IVRING_UNLESS_SKIPPED(call, struct trace_event_data_offsets_##call {	\
		tstruct;							\
	};)
#include IVRING_HEADER

/* How long these are in this record. */
#include <trace/stages/stage5_get_offsets.h>
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(call, proto, args, tstruct, assign, print)		\
	IVRING_UNLESS_SKIPPED(call,						\
	static __always_inline notrace int ivring_offsets_##call(		\
		struct trace_event_data_offsets_##call *__data_offsets, proto)	\
	{									\
		struct trace_event_raw_##call __maybe_unused *entry;		\
		int __maybe_unused __item_length;				\
		int __data_size = 0;						\
										\
		tstruct;							\
		return __data_size;						\
	})
#include IVRING_HEADER

/*
 * The probe. Some records are assigned with macros that only printing has.
 * @may_preempt: whether the tracepoint leaves preemption on
 */
#include <trace/stages/stage3_trace_output.h>
#include <trace/stages/stage6_event_callback.h>
#define IVRING_PROBE(call, proto, args, tstruct, assign, may_preempt)		\
	IVRING_UNLESS_SKIPPED(call,						\
	static notrace void ivring_probe_##call(void *__data, proto)		\
	{									\
		struct trace_event_data_offsets_##call __maybe_unused __data_offsets; \
		struct trace_event_raw_##call *entry;				\
		int __data_size;						\
										\
		if (may_preempt)						\
			preempt_disable_notrace();				\
		__data_size = ivring_offsets_##call(&__data_offsets, args);	\
		entry = ivring_tap_begin(__data, sizeof(*entry) + __data_size);	\
		if (likely(entry)) {						\
			tstruct							\
			{ assign; }						\
			ivring_tap_end(__data, &entry->ent, sizeof(*entry) + __data_size); \
		}								\
		if (may_preempt)						\
			preempt_enable_notrace();				\
	})
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(call, proto, args, tstruct, assign, print)		\
	IVRING_PROBE(call, PARAMS(proto), PARAMS(args), PARAMS(tstruct), PARAMS(assign), \
		     IVRING_TRACEPOINT_MAY_PREEMPT)
#undef DECLARE_EVENT_SYSCALL_CLASS
#define DECLARE_EVENT_SYSCALL_CLASS(call, proto, args, tstruct, assign, print)	\
	IVRING_PROBE(call, PARAMS(proto), PARAMS(args), PARAMS(tstruct), PARAMS(assign), true)
#include IVRING_HEADER
#undef IVRING_PROBE

/* The descriptions. */
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(call, proto, args, tstruct, assign, print)
#undef DECLARE_EVENT_SYSCALL_CLASS
#define DECLARE_EVENT_SYSCALL_CLASS DECLARE_EVENT_CLASS
#undef DEFINE_EVENT
#define DEFINE_EVENT(template, event, proto, args)				\
	IVRING_UNLESS_SKIPPED(template, IVRING_UNLESS_SKIPPED(event,		\
	static const struct ivring_probe __used ivring_event_##event = {	\
		.system = __stringify(TRACE_SYSTEM),				\
		.name = #event,							\
		.call = ivring_probe_##template,				\
		.bytes = offsetof(struct trace_event_raw_##template, __data),	\
	};))
#include IVRING_HEADER

#undef TRACE_HEADER_MULTI_READ
#undef IVRING_HEADER
/* Many headers leave these behind, each with arguments of its own. */
#undef EM
#undef EMe
/* The next header begins with the meanings of linux/tracepoint.h. */
#undef DECLARE_TRACE
#undef DECLARE_TRACE_CONDITION
#undef DECLARE_TRACE_SYSCALL
#undef DECLARE_TRACE_EVENT
#undef DECLARE_TRACE_EVENT_CONDITION
#undef DECLARE_EVENT_CLASS
#undef DECLARE_EVENT_SYSCALL_CLASS
#undef DECLARE_EVENT_CLASS_NOP
#undef DEFINE_EVENT
#undef DEFINE_EVENT_FN
#undef DEFINE_EVENT_PRINT
#undef DEFINE_EVENT_CONDITION
#undef DEFINE_EVENT_NOP
#undef DECLARE_EVENT_NOP
#undef TRACE_EVENT
#undef TRACE_EVENT_FN
#undef TRACE_EVENT_FN_COND
#undef TRACE_EVENT_CONDITION
#undef TRACE_EVENT_SYSCALL
#undef TRACE_EVENT_NOP
#undef TRACE_EVENT_FLAGS
#undef TRACE_EVENT_PERF_PERM
