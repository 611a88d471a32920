/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few primitives that the writer needs, for the kernel and for user space, so
 * that the files of this folder build in both without a change.
 */
#ifndef IVRING_PORT_H
#define IVRING_PORT_H

#ifdef __KERNEL__

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/crc32.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/barrier.h>
#include <asm/byteorder.h>
#ifdef CONFIG_X86
#include <asm/msr.h>
#endif

#ifndef CONFIG_64BIT
#error "ivring needs 64-bit loads and stores that are single instructions"
#endif

/* Atomic against all CPUs, and a full barrier. */
#define ivring_cmpxchg(ptr, old, new)		cmpxchg(ptr, old, new)

/* Stores to a device's register, ordered behind all stores before it. */
static inline void ivring_write_register(void __iomem *at, u32 value)
{
	writel(value, at);
}

static __always_inline u64 ivring_clock_monotonic(void)
{
	return ktime_get_mono_fast_ns();
}

static __always_inline u64 ivring_clock_tsc(void)
{
#ifdef CONFIG_X86
	return rdtsc();
#else
	return 0;
#endif
}

static inline u32 ivring_crc32(u32 crc, const void *p, size_t bytes)
{
	return ~crc32_le(~crc, p, bytes);
}

/* Lets other tasks run if the kernel wants to. */
static inline void ivring_breathe(void)
{
	cond_resched();
}

#else /* user space: one thread for each ring, with signals in place of interrupts */

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

typedef uint64_t u64;
typedef int64_t s64;
typedef uint32_t u32;
typedef uint16_t u16;
typedef uint8_t u8;

#define __iomem
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define noinline		__attribute__((noinline))
#define ALIGN(x, a)		(((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b)	((type)(a) > (type)(b) ? (type)(a) : (type)(b))

#define cpu_to_le16(x)		htole16(x)
#define cpu_to_le32(x)		htole32(x)
#define cpu_to_le64(x)		htole64(x)
#define le16_to_cpu(x)		le16toh(x)
#define le32_to_cpu(x)		le32toh(x)
#define le64_to_cpu(x)		le64toh(x)

/*
 * Relaxed atomics, so that a thread sanitizer recognises them as intended. On the
 * supported machines they compile to the same plain accesses as the kernel's.
 */
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define barrier()		({ __asm__ __volatile__("" ::: "memory"); })
/*
 * virt_* order accesses towards the host, which is always another CPU. smp_* order them
 * among the guest's own CPUs, and do nothing if there is only one; a test builds that
 * case.
 */
#define virt_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define virt_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#if defined(__x86_64__)
#define virt_wmb()		barrier()
#else
#define virt_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#endif
#ifdef IVRING_ONE_CPU
#define smp_load_acquire(p)	READ_ONCE(*(p))
#define smp_store_release(p, v)	WRITE_ONCE(*(p), (v))
#else
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)
#endif
#define wmb()			__atomic_thread_fence(__ATOMIC_SEQ_CST)

#define ivring_cmpxchg(p, old, new)	({				\
	__typeof__(*(p)) expected_ = (old);				\
									\
	__atomic_compare_exchange_n((p), &expected_, (new), false,	\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	expected_;							\
})

/* Memory in place of a device's register. */
static inline void ivring_write_register(void *at, u32 value)
{
	__atomic_store_n((u32 *)at, value, __ATOMIC_RELEASE);
}

static __always_inline u64 ivring_clock_monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000ULL + (u64)t.tv_nsec;
}

static __always_inline u64 ivring_clock_tsc(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

static inline void ivring_breathe(void)
{
}

static inline u32 ivring_crc32(u32 crc, const void *p, size_t bytes)
{
	const u8 *b = p;

	for (crc = ~crc; bytes; bytes--) {
		crc ^= *b++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
}

#endif /* __KERNEL__ */

/*
 * Stores @new if *@p is @old, and returns whether it was. Atomic against this CPU's
 * interrupts and NMIs (in user space: this thread's signals), not against other CPUs, so
 * that x86 needs no LOCK prefix. cmpxchg_local() would do the same, but its result has to be
 * compared once more, and every record is claimed with this.
 */
static __always_inline bool ivring_exchange_local(u64 *p, u64 old, u64 new)
{
#if defined(__x86_64__)
	bool same;

	__asm__ __volatile__("cmpxchgq %3, %1"
			     : "=@ccz"(same), "+m"(*p), "+a"(old) : "r"(new) : "memory");
	return same;
#elif defined(__KERNEL__)
	return cmpxchg_local(p, old, new) == old;
#else
	return __atomic_compare_exchange_n(p, &old, new, false, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED);
#endif
}

#endif /* IVRING_PORT_H */
