// SPDX-License-Identifier: GPL-2.0-only
/*
 * A probe for each event of the systems below that this kernel's headers define. What
 * the records hold is written nowhere here: passes.h reads the kernel's own definitions.
 */
/*
 * Nothing here is traced, and headers of events do not define their tracepoints, even
 * where CREATE_TRACE_POINTS is defined; see passes.h.
 */
#define NOTRACE
#include <linux/ftrace.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/stringify.h>
#include <linux/trace_events.h>
#include <linux/trace_seq.h>
#include <linux/tracepoint.h>
#include <linux/version.h>

#include "probe.h"

/* Since Linux 7.0 a tracepoint calls its probes with preemption as it is. */
#define IVRING_TRACEPOINT_MAY_PREEMPT	(LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0))

#define SECOND(first, second, ...)	second
#define SECOND_OF(...)			SECOND(__VA_ARGS__)
#define WITHOUT_0(...)			__VA_ARGS__
#define WITHOUT_1(...)
#define PASTED(a, b)			a##b
#define WITHOUT(is_skipped)		PASTED(WITHOUT_, is_skipped)
/* Is the rest, or nothing if IVRING_SKIP_@name is defined. */
#define IVRING_UNLESS_SKIPPED(name, ...) \
	WITHOUT(SECOND_OF(IVRING_SKIP_##name, 0, 0))(__VA_ARGS__)

/*
 * Has the headers of all systems read by passes.h, and defines what of them to leave out.
 * sparse would only complain of these headers.
 */
#ifdef __CHECKER__
#define IVRING_EVENTS(E)
#else
#include "chosen.h"
#endif

/* The events that choose.sh has found to be usable. */
#define POINTER(event)	&ivring_event_##event,
const struct ivring_probe *const ivring_probes[] = { IVRING_EVENTS(POINTER) NULL };
